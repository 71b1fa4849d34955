-- Snapshot, no lock. Members to whom these identities belong: one pass, as nothing else ever asks by identity.
select number, encode(identity_mac, 'hex') as "identityMac" from members
where identity_mac = any (select decode(hex, 'hex') from unnest($1::text[]) as hex)
