-- Mails to be sent, each written by the commit that makes it true. A row holds no address and no text: a mail is made of
-- its member's row at the moment it is sent, so that recipient, name and number cannot come from two people.
create table outbox (
  -- A confirmation has its member's id: one for each member, whatever is tried again. A sign-in code's mail has the code's.
  id uuid primary key,
  kind text not null check (kind in ('confirmation', 'sign-in-code')),
  -- No foreign key, which would cost every signup a look-up and a lock: a mail whose member is gone is dropped when its turn
  -- comes. Null where somebody who is no member asked for a code: they cost what a member costs, and get nothing.
  member_id uuid,
  attempts smallint not null default 0,
  -- Not before this moment. Infinity: given up, and left for a person to look at.
  due_at timestamptz not null default now()
)
-- Neither column that a try changes is indexed: with room on the page it is an update in place.
with (fillfactor = 70);
