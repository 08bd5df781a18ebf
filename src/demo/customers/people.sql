-- Customers made of nothing but their number: $1 the first, $2 how many, $3 now in seconds since 1970, $4 how many there
-- will be when all are made.
-- The same number makes the same person on both engines. Lists are texts of fixed width, which both engines index with
-- substr; numbers are stirred by multiplying and turning 32 bits, because the engines share no hash and no xor.
insert into users (id, email, phone, name, status, points, joined_at, last_seen_at)
with recursive
numbered (id) as (
  select cast($1 as bigint) where cast($2 as bigint) > 0
  union all
  select id + 1 from numbered where id + 1 < cast($1 as bigint) + cast($2 as bigint)
),
stirred (id, a) as (select id, (id * 1597334677 + 974711) & 4294967295 from numbered),
twice (id, a, b) as materialized (
  select id, a, ((((a & 65535) << 16) + (a >> 16)) * 1103515245 + 12345) & 4294967295 from stirred
),
thrice (id, a, b, c) as materialized (
  select id, a, b, ((((b & 65535) << 16) + (b >> 16)) * 1597334677 + 974711) & 4294967295 from twice
),
chosen as (
  select id, a, b, c,
    (b >> 8) % 100 < 85 as korean,
    -- The square makes the first of the list the commonest, as surnames are in Korea.
    cast(((a >> 16) * (a >> 16) * 28) >> 32 as integer) as surname,
    cast((b >> 26) & 63 as integer) as given,
    cast((b >> 16) & 31 as integer) as first,
    cast((c >> 27) & 31 as integer) as last,
    -- None to twelve, mostly few.
    ((b & 255) * (b & 255) * 13) >> 16 as entries,
    -- Six years, the highest number last.
    cast($3 as bigint) - 189216000 * (cast($4 as bigint) - id) / cast($4 as bigint)
      - (c >> 4) % (1 + 189216000 / cast($4 as bigint)) as joined
  from thrice
),
named as (
  select id, a, b, c, korean, entries, joined,
    substr('김이박최정강조윤장임한오서신권황안송홍유고문양손배백허노', 1 + surname, 1) ||
    substr('서연민준지우서준하은도윤지민예준수빈시우지원하준민서주원채원지호다은건우은지현우유진우진소연선우수아준서예린연우가은정우나연승현' ||
           '혜진준혁미경성민영희철수정숙동현미숙재원경숙상훈은영진우보람태현아름민수슬기영수지혜성호은비종민다인병철소율기태해인용준라희찬호', 1 + 2 * given, 2) as hangul,
    trim(substr('kim  lee  park choi jung kang cho  yoon jang lim  han  oh   seo  shin ' ||
           'kwon hwangahn  song hong yoo  ko   moon yang son  bae  baek heo  noh  ', 1 + 5 * surname, 5)) as family,
    trim(substr('seoyeon  minjun   jiwoo    seojun   haeun    doyoon   jimin    yejun    ' ||
           'subin    siwoo    jiwon    hajun    minseo   juwon    chaewon  jiho     ' ||
           'daeun    gunwoo   eunji    hyunwoo  yujin    woojin   soyeon   sunwoo   ' ||
           'sua      junseo   yerin    yeonwoo  gaeun    jungwoo  nayeon   seunghyun' ||
           'hyejin   junhyuk  mikyung  sungmin  younghee chulsoo  jungsook donghyun ' ||
           'misook   jaewon   kyungsooksanghoon eunyoung jinwoo   boram    taehyun  ' ||
           'areum    minsu    seulgi   youngsu  jihye    sungho   eunbi    jongmin  ' ||
           'dain     byungchulsoyul    kitae    haein    yongjun  rahee    chanho   ', 1 + 9 * given, 9)) as called,
    trim(substr('Emma    James   Olivia  Daniel  Sophia  Michael Grace   David   ' ||
           'Hannah  Thomas  Chloe   Samuel  IsabellaLucas   Maria   Noah    ' ||
           'Julia   Ethan   Anna    Peter   Laura   Kevin   Alice   Brian   ' ||
           'Claire  Oscar   Nina    Victor  Ruth    Simon   Elena   Hugo    ', 1 + 8 * first, 8)) as first,
    trim(substr('ThompsonWilson  Carter  Nguyen  Miller  Garcia  Johnson Patel   ' ||
           'Brown   Schmidt Taylor  Rossi   Martin  Tanaka  Walker  Silva   ' ||
           'Clark   Dubois  Lewis   Novak   Young   Jensen  Hall    Moreau  ' ||
           'Allen   Fischer Wright  KowalskiScott   LindgrenBaker   Campbell', 1 + 8 * last, 8)) as last
  from chosen
),
written as (
  select id,
    case when not korean then lower(first) || '.' || lower(last)
      when ((b >> 12) & 3) = 0 then called
      when ((b >> 12) & 3) = 1 then family || called
      when ((b >> 12) & 3) = 2 then called || '.' || substr(family, 1, 1)
      else called || '_' || family end
    -- The whole number stands at the end, so no two are alike.
    || cast(id as text) || '@' ||
    case when korean
      then trim(substr('naver.com  naver.com  naver.com  naver.com  naver.com  naver.com  naver.com  gmail.com  ' ||
           'gmail.com  gmail.com  gmail.com  kakao.com  kakao.com  daum.net   hanmail.netnate.com   ', 1 + 11 * cast((c >> 8) & 15 as integer), 11))
      else trim(substr('gmail.com  gmail.com  outlook.comicloud.com ', 1 + 11 * cast((c >> 8) & 3 as integer), 11))
    end as email,
    case when (c & 31) = 0 then null
      when not korean and (c & 3) = 1 then '1' || cast(201 + (b >> 5) % 789 as text) || '555' || substr(cast(10000 + c % 10000 as text), 2)
      -- The factor shares no divisor with the range, so mobile numbers do not repeat.
      else '8210' || cast(20000000 + (id * 48271693) % 80000000 as text) end as phone,
    case when korean then hangul else first || ' ' || last end as name,
    case when (a >> 7) % 100 < 3 then 'suspended' else 'active' end as status,
    -- The balance after the last entry of the ledger: see ledger.sql, which must agree.
    case when entries = 0 then 0
      else 20 * (((((a + entries * 40503) * 69069) & 4294967295) >> 10) % 1500) + 10 * (entries & 1) end as points,
    joined,
    case when (c & 15) = 7 then null
      else cast($3 as bigint) - (cast($3 as bigint) - joined) * ((a >> 20) & 1023) * ((a >> 20) & 1023) / 1048576 end as seen
  from named
)
