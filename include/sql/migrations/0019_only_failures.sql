-- Purpose: days on which nothing but failures happened are days of user_days too; the view user_summary counts their
--          failures, and nothing else of them.

create or replace view user_summary as
with users as (
    select user_id from user_days
    union
    select user_id from user_subscriptions
    union
    select user_id from user_payments
),
used as (
    select
        user_id, count(*) filter (where activities > 0) as active_days,
        min(day) filter (where activities > 0) as first_day, max(day) filter (where activities > 0) as last_day,
        sum(activities)::bigint as activities, sum(failed)::bigint as failed,
        max(locations) filter (where activities > 0) as most_locations,
        max(devices) filter (where activities > 0) as most_devices
    from user_days
    group by user_id
),
begun as (
    select
        user_id, count(distinct subscription_id) filter (where kind = 'trial') as trials,
        count(distinct subscription_id) filter (where kind = 'paid') as paid_subscriptions,
        min(begun_at) as subscribed_at
    from user_subscriptions
    group by user_id
),
settled as (
    select
        user_id, count(*) filter (where status = 'paid') as payments,
        count(*) filter (where status = 'failed') as failed_payments,
        count(*) filter (where status = 'chargeback') as chargebacks,
        coalesce(sum(amount_minor) filter (where status = 'paid'), 0)::bigint as paid_minor
    from (
        select user_id, payment_id, status, max(amount_minor) as amount_minor
        from user_payments
        group by user_id, payment_id, status
    ) once
    group by user_id
)
select
    user_id, begun.user_id is not null as subscribed, begun.subscribed_at, coalesce(trials, 0) as trials,
    coalesce(paid_subscriptions, 0) as paid_subscriptions, coalesce(payments, 0) as payments,
    coalesce(failed_payments, 0) as failed_payments, coalesce(chargebacks, 0) as chargebacks,
    coalesce(paid_minor, 0) as paid_minor, coalesce(active_days, 0) as active_days, first_day, last_day,
    coalesce(activities, 0) as activities, coalesce(failed, 0) as failed, most_locations, most_devices
from users
left join used using (user_id)
left join begun using (user_id)
left join settled using (user_id);
comment on view user_summary is 'Every user of activity (also who only failed), subscriptions and payments, with or without a subscription (ADR 15)';
comment on column user_summary.active_days is 'Days with an activity that did not fail; first_day and last_day are the first and the last of them';
comment on column user_summary.activities is 'Activities that did not fail, of all days';
comment on column user_summary.failed is 'Failed ones, also of days without any other';
comment on column user_summary.most_locations is 'The most of one active day; nothing without one';
comment on column user_summary.most_devices is 'The most of one active day; nothing without one';
comment on table user_days is 'How each account was used on a day (UTC), or tried in vain';
comment on column user_days.activities is 'Activities that did not fail; 0 where all did';
