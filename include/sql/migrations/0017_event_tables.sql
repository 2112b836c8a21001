-- Purpose: the tables that hold the events of a day, those of subscriptions and payments, and the view that puts users
--          together, for people and tools (ADR 15).

create table clickstream_events (
    day                   date        not null,
    user_id               text        not null,
    event_time            timestamptz not null,
    number                integer     not null,
    action                text        not null,
    category              text,
    amount_minor          bigint,
    session_id            text,
    since_previous_micros bigint,
    is_high_frequency     boolean     not null,
    primary key (day, user_id, event_time, number)
);
create index clickstream_events_of_user on clickstream_events (user_id, event_time);
comment on table clickstream_events is 'Clicks one by one, by day (UTC)';
comment on column clickstream_events.number is 'From 1, among the user''s clicks of one instant';
comment on column clickstream_events.since_previous_micros is 'Since the user''s click before, of the day before too';
comment on column clickstream_events.is_high_frequency is 'Less than 2 seconds after the user''s click before';

create table raw_user_activity (
    day             date        not null,
    user_id         text        not null,
    chunk_id        text        not null,
    line            integer     not null,
    event_time      timestamptz not null,
    device_id       text        not null,
    ip_location     text        not null,
    country         text,
    latitude_micro  integer,
    longitude_micro integer,
    outcome         text        not null,
    primary key (day, chunk_id, line)
);
create index raw_user_activity_of_user on raw_user_activity (user_id, event_time);
comment on table raw_user_activity is 'Activity of users as it came in, a row for each line, by day (UTC)';

create table clean_user_activity (
    day             date        not null,
    user_id         text        not null,
    event_time      timestamptz not null,
    number          integer     not null,
    device_id       text        not null,
    ip_location     text        not null,
    country         text,
    latitude_micro  integer,
    longitude_micro integer,
    outcome         text        not null,
    failed          boolean     not null,
    told            bigint      not null,
    primary key (day, user_id, event_time, number)
);
create index clean_user_activity_of_user on clean_user_activity (user_id, event_time);
comment on table clean_user_activity is 'Activity of users that the rules rest on, by day (UTC): what came in more than once is one row';
comment on column clean_user_activity.number is 'From 1, among the account''s different activities of one instant';
comment on column clean_user_activity.told is 'How many lines said it';

create table user_subscriptions (
    day             date        not null,
    user_id         text        not null,
    subscription_id text        not null,
    kind            text        not null,
    plan            text        not null,
    begun_at        timestamptz not null,
    told            bigint      not null,
    primary key (day, user_id, subscription_id, kind, plan)
);
create index user_subscriptions_of_user on user_subscriptions (user_id);
comment on table user_subscriptions is 'Subscriptions that began on a day (UTC), trials and paid ones, each once';

create table user_payments (
    day          date        not null,
    user_id      text        not null,
    payment_id   text        not null,
    status       text        not null,
    first_at     timestamptz not null,
    amount_minor bigint      not null,
    told         bigint      not null,
    primary key (day, user_id, payment_id, status)
);
create index user_payments_of_user on user_payments (user_id);
comment on table user_payments is 'What became of payments on a day (UTC), each once: paid, failed or charged back';

create index user_days_of_user on user_days (user_id);

create view user_summary as
with users as (
    select user_id from user_days
    union
    select user_id from user_subscriptions
    union
    select user_id from user_payments
),
used as (
    select
        user_id, count(*) as active_days, min(day) as first_day, max(day) as last_day,
        sum(activities)::bigint as activities, sum(failed)::bigint as failed, max(locations) as most_locations,
        max(devices) as most_devices
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
comment on view user_summary is 'Every user of activity, subscriptions and payments, with or without a subscription (ADR 15)';
comment on column user_summary.subscribed is 'Whether a subscription of theirs began, trial or paid';
