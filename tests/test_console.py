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
        " row                  1,234",
        " as delivered",
        "   delivery_id        17",
        "   delivery_address   Avenida 12 # 93-80, Medellín",
    ]
    assert lines == ["delivered as", *block, *block, ""]


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
