-- Invariant: an answer with personal data is never left to a shared cache. Answers to GET may be stored unless they say
-- no-store or private (RFC 9111, 3 and 4.2.2); answers to other methods only when they ask for it. `private="set-cookie"`
-- keeps that one header private and leaves the rest to be stored (5.2.2.7).

-- observed
select count(*) as observed,
  count(*) filter (where age is not null or via is not null or xCache is not null) as throughCaches
from requests
where len(own) > 0 or len("foreign") > 0 or len(matched) > 0;

-- violations
select endedMicroseconds as atMicroseconds, visitor, step, method, cacheControl, age, xCache, request
from requests
where (len(own) > 0 or len("foreign") > 0 or len(matched) > 0)
  and not regexp_matches(coalesce(cacheControl, ''), '(^|[\s,])(no-store|private)($|[\s,;])', 'i')
  and (method in ('GET', 'HEAD')
    or regexp_matches(coalesce(cacheControl, ''), '(^|[\s,])(public|s-maxage|max-age)($|[\s,=;])', 'i'));
