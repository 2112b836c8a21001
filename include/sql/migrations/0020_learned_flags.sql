-- Purpose: flagged_users says which verdicts are a model's, since nobody is banned for such a one alone (ADR 16), and
--          whom it leaves out.

create or replace view flagged_users as
with of_users as (
    select
        case when entity ->> 'holder_kind' = 'user' then entity ->> 'holder' else entity ->> 'user_id' end as user_id,
        rule, recorded_at, closed_at,
        exists (
            select from model_versions m where m.model || '=' || m.version_id = any(string_to_array(reference, ','))
        ) as learned
    from detections
    where dataset in ('clickstream', 'user_activity', 'subscriptions', 'payments')
      and close_reason is distinct from 'retracted'
)
select user_id, rule as reason, recorded_at as flagged_at, closed_at, learned
from of_users
where user_id is not null;
comment on view flagged_users is 'Users with a detection, of any parameter profile; devices with one are not in it, nor the users behind them';
comment on column flagged_users.flagged_at is 'When it was recorded';
comment on column flagged_users.closed_at is 'When it ended; what was retracted is not here';
comment on column flagged_users.learned is 'Whether a model judged (ADR 16): a reason to look, and alone none for a ban';
