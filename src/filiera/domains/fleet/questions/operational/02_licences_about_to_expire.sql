-- Whose licence expires soon? Active drivers, licences that are still valid.
-- :days = 30

SELECT driver_id, first_name || ' ' || last_name AS full_name, license_number, license_expiry
FROM drivers
WHERE status = 'active' AND license_expiry BETWEEN :today AND :today + :days
ORDER BY license_expiry, driver_id
