-- What becomes of a trip once it is planned, from its number alone: what it carries, what holds it up and where, when
-- it arrives, what it burns. A played day asks the same of the trips that were under way the evening before.

-- A round spreads its stops over the trip; a trip to another city makes them in the last hour and a half of it.
-- Twenty minutes at either end are for loading, unloading and the way to the first stop.
CREATE MACRO first_stop_s(is_local, planned_s) AS CASE WHEN is_local THEN 1200 ELSE planned_s - 6600 END;
CREATE MACRO stops_s(is_local, planned_s) AS CASE WHEN is_local THEN planned_s - 2400 ELSE 5400 END;

-- One of six draws from a throw that is a trip's own, so that a stop also knows of the stop before it.
CREATE MACRO stop_draw(throw, stop) AS ((throw >> (10 * (stop - 1))::UBIGINT) & 1023::UBIGINT) / 1024;

-- Seconds from departure to the appointment, and from the appointment to the stop as it was made.
CREATE MACRO appointment_s(jitter, stop, stops, is_local, planned_s) AS
first_stop_s(is_local, planned_s)
+ floor(stops_s(is_local, planned_s) * (stop - 0.7 + 0.4 * stop_draw(jitter, stop)) / stops)::INTEGER;
CREATE MACRO lateness_s(noise, stop, stops, is_local, planned_s, traffic_s, incident_s, late_from_stop) AS
traffic_s
+ floor((2 * stop_draw(noise, stop) - 1) * least(240, stops_s(is_local, planned_s) * 0.12 / stops))::INTEGER
+ CASE WHEN stop >= late_from_stop THEN incident_s ELSE 0 END;

CREATE MACRO made_at(
    departure, jitter, noise, stop, stops, is_local, planned_s, traffic_s, incident_s, late_from_stop
) AS
date_trunc('minute', departure + to_seconds(appointment_s(jitter, stop, stops, is_local, planned_s)))
+ to_seconds(lateness_s(noise, stop, stops, is_local, planned_s, traffic_s, incident_s, late_from_stop));

-- The part of the load that is gone after a stop: the cuts between parcels are spread, and each stays in its place.
CREATE MACRO unloaded_share(cuts, stop, stops) AS
CASE WHEN stop = 0 THEN 0 WHEN stop = stops THEN 1 ELSE (stop + 0.7 * (stop_draw(cuts, stop) - 0.5)) / stops END;

-- Traffic makes a trip up to 17 minutes faster or 16 minutes slower than planned. An incident costs at least
-- fifty minutes, so that whoever waits behind it waits more than half an hour, and nobody else does.
CREATE MACRO traffic_s(throw) AS -1050 + draw_up_to(1000, throw, 0) + draw_up_to(1000, throw, 1);
CREATE MACRO longest_incident_s(is_local) AS CASE WHEN is_local THEN 6600 ELSE 10800 END;
CREATE MACRO worst_delay_minutes(is_local) AS 20 + longest_incident_s(is_local) // 60;

CREATE MACRO incident_chance(departure, is_local, habit) AS
0.15
* CASE WHEN hour(departure) IN (7, 8, 9, 16, 17, 18) THEN 1.35 WHEN hour(departure) IN (21, 22, 23, 0, 1, 2, 3) THEN 0.6
    ELSE 0.9
END
* CASE WHEN month(departure) IN (4, 5, 10, 11) THEN 1.25 ELSE 0.92 END
* CASE WHEN is_local THEN 1.1 ELSE 0.85 END
* (0.4 + 1.2 * habit);

-- How a stop ends, and what the handheld tells of it: within minutes or, out of reach of the network, hours later.
CREATE MACRO is_withdrawn(throw) AS draw(throw, 3) < 0.013;
CREATE MACRO handed_over(throw, is_late) AS
CASE WHEN draw(throw, 3) < 0.034 OR (is_late AND draw(throw, 3) < 0.07) THEN 'failed' ELSE 'delivered' END;
CREATE MACRO told_after_s(receipt) AS
CASE WHEN draw(receipt, 0) < 0.02 THEN 3600 + draw_up_to(30000, receipt, 1) ELSE draw_up_to(600, receipt, 1) END;
CREATE MACRO is_signed(receipt) AS draw(receipt, 2) < 0.95;
CREATE MACRO is_harmed(receipt) AS draw(receipt, 3) < 0.03;

-- What a driver's ways do to fuel and delay: from 0 to 1.
CREATE MACRO habit(driver_id) AS draw(throw('habit/' || driver_id), 0);
