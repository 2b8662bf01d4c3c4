{{ config(materialized='view') }}

with

maintenance as (
    select * from {{ ref('maintenance_state') }}
    where not is_deleted
),

vehicles as (select * from {{ ref('vehicle_history') }}),

fact_maintenance as (
    select
        maintenance.maintenance_id,
        coalesce(vehicles.vehicle_key, -1) as vehicle_key,
        maintenance.vehicle_id,
        maintenance.maintenance_date,
        maintenance.maintenance_type,
        maintenance.cost,
        maintenance.next_maintenance_date,
        maintenance._seq,
        maintenance._row
    from maintenance
    left join vehicles
        on
            maintenance.vehicle_id = vehicles.vehicle_id
            and cast(maintenance.maintenance_date as timestamp) >= vehicles.valid_from
            and cast(maintenance.maintenance_date as timestamp) < vehicles.valid_to
)

select * from fact_maintenance
