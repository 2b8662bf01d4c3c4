-- Whose licence expires soon? Active drivers, licences that are still valid.
-- :days = 30

SELECT driver_id, full_name, license_number, license_expiry
FROM fleet.dim_driver
WHERE is_current AND NOT is_deleted AND status = 'active' AND license_expiry BETWEEN :today AND :today + :days
ORDER BY license_expiry, driver_id
