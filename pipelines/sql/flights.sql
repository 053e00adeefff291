-- One row for each flight that arrived, with what was known before it left.
--
-- Barred from features, because nobody knows them before departure: dep_time, dep_delay, arr_time,
-- arr_delay, air_time. They may only make the targets. The weather is that of the hour before the
-- scheduled hour of departure. Cancelled and diverted flights have no arrival delay and are left out.
WITH scheduled AS (
    SELECT
        *,
        time_hour + to_minutes(minute) AS scheduled_departure,
        count(*) OVER (PARTITION BY origin, time_hour) AS departures_in_hour,
        count(*) OVER (PARTITION BY origin, carrier, year, month, day) AS carrier_departures_in_day
    FROM flights
)
SELECT
    f.scheduled_departure,
    make_date(f.year, f.month, f.day) AS flight_date,
    f.flight,
    f.month,

    -- targets
    CAST(f.arr_delay > 15 AS BIGINT) AS late,
    CAST(f.arr_delay AS FLOAT) AS delay_minutes,

    -- the schedule
    CAST(f.sched_dep_time // 100 * 60 + f.sched_dep_time % 100 AS FLOAT) AS departure_minute,
    CAST(f.sched_arr_time // 100 * 60 + f.sched_arr_time % 100 AS FLOAT) AS arrival_minute,
    CAST(isodow(make_date(f.year, f.month, f.day)) AS FLOAT) AS weekday,
    CAST(f.departures_in_hour AS FLOAT) AS departures_in_hour,
    CAST(f.carrier_departures_in_day AS FLOAT) AS carrier_departures_in_day,
    f.carrier,
    f.origin,
    f.dest,

    -- the way
    CAST(f.distance AS FLOAT) AS distance,
    CAST(a.lat AS FLOAT) AS dest_latitude,
    CAST(a.lon AS FLOAT) AS dest_longitude,

    -- the plane
    CAST(2013 - p.year AS FLOAT) AS plane_age,
    CAST(p.seats AS FLOAT) AS plane_seats,
    coalesce(p.manufacturer, 'UNKNOWN') AS manufacturer,

    -- the weather
    CAST(w.temp AS FLOAT) AS temperature,
    CAST(w.humid AS FLOAT) AS humidity,
    CAST(CASE WHEN w.wind_speed < 200 THEN w.wind_speed END AS FLOAT) AS wind_speed,
    CAST(w.wind_gust AS FLOAT) AS wind_gust,
    CAST(w.precip AS FLOAT) AS precipitation,
    CAST(w.pressure AS FLOAT) AS pressure,
    CAST(w.visib AS FLOAT) AS visibility
FROM scheduled f
LEFT JOIN planes p ON p.tailnum = f.tailnum
LEFT JOIN airports a ON a.faa = f.dest
LEFT JOIN weather w ON w.origin = f.origin AND w.time_hour = f.time_hour - INTERVAL 1 HOUR
WHERE f.arr_delay IS NOT NULL
