"""What people are shown has room for what it says."""

from __future__ import annotations

import pytest

from filiera import console

ROW = ("yes", "fleet.public.deliveries", 1234, {"delivery_id": 17, "delivery_address": "Avenida 12 # 93-80, Medellín"})
COLUMNS = ("counts", "source", "row", "as delivered")


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of eighty columns."""
    monkeypatch.setattr(console, "_WIDTH", 80)


def test_rows_with_room_for_their_columns_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_rows("delivered as", COLUMNS, [ROW, ROW])
    shown = capsys.readouterr().out
    assert ["counts", "source", "row", "as", "delivered"] in [line.split() for line in shown.splitlines()]
    assert shown.count("delivery_id=17, delivery_address=Avenida 12 # 93-80, Medellín") == 2


@pytest.mark.usefixtures("narrow")
def test_rows_too_wide_for_the_terminal_are_blocks_with_a_line_for_each_column(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.print_rows("delivered as", COLUMNS, [ROW, ROW])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    block = [
        "",
        " counts               yes",
        " source               fleet.public.deliveries",
        " row                  1234",
        " as delivered",
        "   delivery_id        17",
        "   delivery_address   Avenida 12 # 93-80, Medellín",
    ]
    assert lines == ["delivered as", *block, *block, ""]


@pytest.mark.parametrize(
    "column",
    [
        *("id", "vehicle_id", "date_key", "batch_seq", "_seq", "_row", "manufacture_year", "year", "line_number"),
        *("line", "row", "line or row", "max(trip_id)", "YEAR(full_date)"),
    ],
)
def test_a_number_that_names_something_can_be_copied(capsys: pytest.CaptureFixture[str], column: str) -> None:
    console.print_table("", [column], [[12345]])
    console.print_rows("", ["as delivered"], [[{column: 12345}]])
    assert "12,345" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "column", ["deliveries", "rows", "rows_in", "line_count", "avoided", "yearly_cost", "keys", ""]
)
def test_a_number_that_counts_something_can_be_read(capsys: pytest.CaptureFixture[str], column: str) -> None:
    console.print_table("", [column], [[12345]])
    assert "12,345" in capsys.readouterr().out


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(("column", "shown"), [("vehicle_id", "12345"), ("deliveries", "12,345")])
def test_a_number_in_a_block_is_shown_as_in_a_table(
    capsys: pytest.CaptureFixture[str], column: str, shown: str
) -> None:
    columns = [column, "as delivered", *(f"wide_{n}" for n in range(4))]
    console.print_rows("", columns, [[12345, {column: 12345}, *["y" * 30] * 4]])
    assert capsys.readouterr().out.count(shown) == 2


@pytest.mark.usefixtures("narrow")
def test_a_last_column_of_some_width_is_folded_rather_than_the_table_broken(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_rows("", ("line", "as delivered"), [(1, "x" * 200)])
    assert "─" in capsys.readouterr().out


@pytest.mark.usefixtures("narrow")
def test_blocks_that_nobody_would_read_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_rows("", COLUMNS, [ROW] * 25)
    shown = capsys.readouterr().out
    assert shown.count(" counts ") == 20
    assert "… and 5 more; --json prints all of them." in shown


@pytest.mark.usefixtures("narrow")
def test_what_was_delivered_is_never_taken_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_rows("", [f"column_{number}" for number in range(12)], [["[bold]x[/bold]"] * 12])
    assert capsys.readouterr().out.count("[bold]x[/bold]") == 12
