-- The service's logins have passwords that follow from this salt and the SECRET_KEY: neither alone gives one, and every
-- process on this database comes to the same. Nobody but the owner may read it (see fleet/privileges.ts).
create table login_salt (
  id boolean primary key default true check (id),
  salt uuid not null default gen_random_uuid()
);
insert into login_salt default values;
