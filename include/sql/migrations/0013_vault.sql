-- Purpose: what pseudonyms stand for, who asked for it, and what was erased (ADR 14).

create table vault (
    pseudonym   text        primary key,
    kind        text        not null,
    value       text        not null,
    key_day     date        not null,
    first_day   date        not null,
    run_id      bigint      not null references runs,
    recorded_at timestamptz not null default clock_timestamp()
);
-- A value may be longer than an index row.
create index vault_values on vault (kind, md5(value));
comment on table vault is 'The one table with personal values in the clear; include/store/vault.py alone reads it';
comment on column vault.first_day is 'First event day with it in the run that brought it first';

create table vault_keys (
    key_day     date        primary key,
    fingerprint text        not null,
    added_at    timestamptz not null default clock_timestamp()
);
comment on table vault_keys is 'By which keys events were published: none of them may change or go missing';

create table reveals (
    reveal_id bigint      generated always as identity primary key,
    asked_at  timestamptz not null default clock_timestamp(),
    asked_by  text        not null,
    role      text        not null check (role in ('revealer', 'none')),
    reason    text        not null,
    pseudonym text        not null,
    outcome   text        not null check (outcome in ('found', 'not found', 'refused')),
    refusal   text,
    check ((outcome = 'refused') = (refusal is not null))
);
comment on table reveals is 'Every attempt to learn what a pseudonym stands for, refused ones too';

create table erasures (
    erasure_id bigint      generated always as identity primary key,
    erased_at  timestamptz not null default clock_timestamp(),
    erased_by  text        not null,
    reason     text        not null,
    kind       text        not null,
    pseudonyms text[]      not null,
    receipt    jsonb       not null,
    sha256     char(64)    not null
);
create index erasures_pseudonyms on erasures using gin (pseudonyms);
comment on table erasures is 'Receipts of erasures; sha256 is that of the receipt''s canonical JSON';

create function keep_as_it_is() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are kept as they are', tg_table_name;
end $$;
create trigger reveals_stay before update or delete on reveals
    for each row execute function keep_as_it_is();
create trigger reveals_are_not_emptied before truncate on reveals
    for each statement execute function keep_as_it_is();
create trigger erasures_stay before update or delete on erasures
    for each row execute function keep_as_it_is();
create trigger erasures_are_not_emptied before truncate on erasures
    for each statement execute function keep_as_it_is();

comment on column removals.setting is 'Why it went: the environment variable by whose days, or an erasure''s receipt';
