-- Purpose: cuts that runs set out to evaluate and whose loaded verdict does not know every chunk that can touch it, oldest
--          first, with the rules that are to be evaluated there again (ADR 7): all of them at a cut that was never loaded.
--          What runs that are at work have pinned is theirs, and the cut of the run that asks is evaluated anyway. For rules with a reach, the ends of all published event days are
--          such cuts, whether a run set out to them or not (ADR 13); so whether a cut was loaded is asked apart for rules with
--          and without one.
--          What has to do without its model after some cut is not asked for there: it would be dirty for ever.
-- Parameters: dataset, profile, through_seq, run_id (the run that asks), rules, reaches, untils (arrays of equal length; a
--             reach in days, NULL: all days before the cut; the last cut that can be judged, NULL: any), earliest (cut that
--             can still be evaluated, NULL: any), most (cuts).
with asked as (
    select * from unnest(%(rules)s::text[], %(reaches)s::int[], %(untils)s::date[]) as asked (rule, reach, until)
),
found as (
    select cut, status = 'running' and lease_until >= clock_timestamp() as at_work, true as asked_for
    from runs
    where dataset = %(dataset)s and profile = %(profile)s and cut is not null and not dry_run
      and run_id <> %(run_id)s
    union all
    select distinct d.event_day + 1, false, false
    from chunk_days d
    join chunks c using (dataset, chunk_id)
    where d.dataset = %(dataset)s and c.seq <= %(through_seq)s and d.rows > 0
      and exists (select from asked where reach is not null)
),
cuts as (
    select cut, bool_or(at_work) as at_work, bool_or(asked_for) as asked_for
    from found
    where (%(earliest)s::date is null or cut >= %(earliest)s)
      and cut is distinct from (select own.cut from runs own where own.run_id = %(run_id)s)
    group by cut
),
loaded as (
    select cut, rule, max(through_seq) as through_seq
    from evaluations
    where dataset = %(dataset)s and profile = %(profile)s and not superseded
    group by cut, rule
)
select cuts.cut, array_agg(asked.rule order by asked.rule) as rules, count(*) over () as cuts_in_all
from cuts
join asked on asked.until is null or cuts.cut <= asked.until
left join loaded on loaded.cut = cuts.cut and loaded.rule = asked.rule
where case
    when not exists (
        select from loaded alike
        left join asked of_it on of_it.rule = alike.rule
        where alike.cut = cuts.cut and (of_it.rule is null or (of_it.reach is null) = (asked.reach is null))
    )
        then not cuts.at_work and (cuts.asked_for or asked.reach is not null)
    else exists (
        select from chunks c
        where c.dataset = %(dataset)s and c.seq > loaded.through_seq and c.seq <= %(through_seq)s
          and c.first_day < cuts.cut and (asked.reach is null or c.last_day >= cuts.cut - asked.reach)
    )
end
group by cuts.cut
order by cuts.cut
limit %(most)s;
