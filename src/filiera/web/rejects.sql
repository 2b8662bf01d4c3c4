-- Rejected rows as asked, newest first. One row per row of the page, each with the count of all; a page without any
-- is one row whose batch is NULL.
with asked as (

    select * from quality.rejected_rows
    where
        dataset = coalesce($dataset, dataset)
        and ($reason is null or list_contains(reasons, $reason))

),

page as (

    select * from asked
    order by loaded_at desc, batch_id, line_number desc
    limit $limit offset $offset

)

select counted.total, page.*
from (select count(*) as total from asked) as counted
left join page on true
order by loaded_at desc, batch_id, line_number desc
