-- Purpose: the tables of summaries, a row per day and key, for people and tools (ADR 15).

create table contact_requests_by_status (
    day           date   not null,
    status        text   not null,
    status_msg    text   not null,
    request_count bigint not null,
    phone_count   bigint not null,
    ip_count      bigint not null,
    primary key (day, status, status_msg)
);
comment on table contact_requests_by_status is 'Contact requests of a day (Asia/Tehran) by what the backend answered';

create table contact_requests_by_type (
    day           date   not null,
    request_type  text   not null,
    request_count bigint not null,
    primary key (day, request_type)
);
comment on table contact_requests_by_type is 'Contact requests of a day (Asia/Tehran) by log';

create table clicks_by_hour (
    day          date   not null,
    action       text   not null,
    category     text   not null,
    hour         text   not null,
    click_count  bigint not null,
    user_count   bigint not null,
    amount_minor bigint not null,
    primary key (day, action, category, hour)
);
comment on table clicks_by_hour is 'Clicks of a day (UTC) by action, category and hour';

create table click_risk (
    day            date   not null,
    user_id        text   not null,
    score          bigint not null,
    run_points     bigint not null,
    rate_points    bigint not null,
    share_points   bigint not null,
    events         bigint not null,
    high_frequency bigint not null,
    longest_run    bigint not null,
    in_1_minute    bigint not null,
    primary key (day, user_id)
);
comment on table click_risk is 'How risky each user''s clicks of a day (UTC) look, 0 to 100, for sorting';

create table user_days (
    day               date   not null,
    user_id           text   not null,
    activities        bigint not null,
    failed            bigint not null,
    locations         bigint not null,
    devices           bigint not null,
    locations_in_hour bigint not null,
    primary key (day, user_id)
);
comment on table user_days is 'How each account was used on a day (UTC)';

create view flagged_users as
select entity ->> 'user_id' as user_id, rule as reason, recorded_at as flagged_at, closed_at
from detections
where dataset in ('clickstream', 'user_activity', 'subscriptions', 'payments') and entity ? 'user_id'
  and close_reason is distinct from 'retracted'
union all
select entity ->> 'holder', rule, recorded_at, closed_at
from detections
where dataset = 'subscriptions' and entity ->> 'holder_kind' = 'user' and close_reason is distinct from 'retracted';
comment on view flagged_users is 'Users with a detection, of any parameter profile; closed_at says when it ended';
