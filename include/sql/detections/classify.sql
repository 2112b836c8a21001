-- Purpose: the episodes beside a cut, and what the verdict there makes of each: the table of ADR 7. An episode covers the
--          cut, or ends at the evaluated cut before it, or begins at the one after it.
-- Parameters: dataset, rule, profile, cut, cut_before, cut_after.
with found as (
    select
        d.detection_id,
        h.entity is not null as holds,
        case
            when d.opened_cut <= %(cut)s and d.last_cut >= %(cut)s then 'covers'
            when d.last_cut = %(cut_before)s then 'before'
            else 'after'
        end as place
    from detections d
    left join holding h on h.entity = d.entity
    where d.dataset = %(dataset)s and d.rule = %(rule)s and d.profile = %(profile)s
      and d.close_reason is distinct from 'retracted'
      and (
          (d.opened_cut <= %(cut)s and d.last_cut >= %(cut)s)
          or d.last_cut = %(cut_before)s
          or d.opened_cut = %(cut_after)s
      )
),
paired as (
    select d.entity, count(*) = 2 as both_sides
    from found
    join detections d using (detection_id)
    where found.place <> 'covers'
    group by d.entity
)
insert into beside
select
    d.*,
    found.place,
    case
        when found.holds then case
            when found.place = 'covers' then case when d.last_cut = %(cut)s then 'refresh' end
            when paired.both_sides then case when found.place = 'before' then 'join' else 'give_way' end
            when found.place = 'before' then 'go_on'
            else 'open_earlier'
        end
        else case
            when found.place = 'before' then 'end_here'
            when found.place = 'after' then null
            when d.opened_cut = d.last_cut then 'retract'
            when d.opened_cut = %(cut)s then 'open_later'
            when d.last_cut = %(cut)s then 'end_before'
            else 'split'
        end
    end
from found
join detections d using (detection_id)
left join paired on paired.entity = d.entity;
