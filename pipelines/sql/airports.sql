-- One row for each destination, with the traffic that New York sends there.
SELECT
    f.dest,
    coalesce(any_value(a.name), 'unknown') AS airport_name,
    CAST(ln(count(*)) AS FLOAT) AS log_flights,
    CAST(count(DISTINCT f.carrier) AS FLOAT) AS carriers,
    CAST(count(DISTINCT f.origin) AS FLOAT) AS origins,
    CAST(count(DISTINCT make_date(f.year, f.month, f.day)) AS FLOAT) AS days_served,
    CAST(min(f.distance) AS FLOAT) AS distance,
    CAST(count(*) FILTER (f.hour < 10) / count(*) AS FLOAT) AS morning_share,
    CAST(count(*) FILTER (f.hour >= 17) / count(*) AS FLOAT) AS evening_share,
    CAST(count(*) FILTER (isodow(make_date(f.year, f.month, f.day)) >= 6) / count(*) AS FLOAT) AS weekend_share,
    CAST(count(*) FILTER (f.month IN (6, 7, 8)) / count(*) AS FLOAT) AS summer_share
FROM flights f
LEFT JOIN airports a ON a.faa = f.dest
GROUP BY f.dest
