"""F17 and F19: a run that is told to stop, is paused and resumed from another process, or meets another run."""

from __future__ import annotations

import http.client
import re
import signal
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from tests.faults.crash.commands import Zygote, until
from tests.faults.crash.deliveries import FIRST_FILE, FIRST_TOTALS, Server, deliver, totals

pytestmark = pytest.mark.slow

FILE_TOTALS = {key: value for key, value in FIRST_TOTALS.items() if key[1] != "Melfi"}


def runs(filiera: Zygote, home: Path, **environment: Any) -> list[dict[str, Any]]:
    """The runs of a home, newest first."""
    found: list[dict[str, Any]] = filiera.run("runs", "--json", home=home, **environment).expect(0).json()
    return found


def at_work_in(folder: Path) -> list[psutil.Process]:
    """Processes that stand in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("point", ["landing.entered", "dbt.after_production_fact"])
def test_a_run_that_is_told_to_stop_says_so_and_is_finished_by_the_next(
    filiera: Zygote, new_home: Path, point: str
) -> None:
    run = filiera.start_until(point, "run", home=new_home)
    run.send(signal.SIGTERM)
    run.go_on()
    assert "Stopped by SIGTERM" in run.wait().expect(143).err
    (stopped,) = runs(filiera, new_home)
    assert stopped["state"] == "Paused"
    assert stopped["error"] == "stopped by SIGTERM; the next run finishes it"
    told = filiera.run("run", "--json", home=new_home).expect(0).json()
    assert told["resumed"] == [stopped["run_id"]]
    assert {run["state"] for run in runs(filiera, new_home)} == {"Success"}
    assert totals(new_home) == FILE_TOTALS


def test_the_server_a_run_started_ends_with_it(filiera: Zygote, new_home: Path) -> None:
    run = filiera.start_until("landing.entered", "run", "--target", "postgres", home=new_home)
    run.send(signal.SIGKILL)
    run.wait().expect(-9)
    run = filiera.start_until("postgres.loaded", "run", "--target", "postgres", home=new_home)
    assert at_work_in(new_home / "postgres")
    run.send(signal.SIGTERM)
    run.go_on()
    run.wait().expect(143)
    assert not at_work_in(new_home)


def test_a_service_that_is_told_to_stop_answers_no_more_and_takes_its_run_with_it(
    filiera: Zygote, new_home: Path
) -> None:
    serve = filiera.start(
        "serve",
        "--port",
        "0",
        home=new_home,
        schedule="* * * * * *",
        now="",
        kill_at="lake.before_publish",
        kill_with="SIGSTOP",
    )
    until(lambda: "Serving http" in serve.out.read_text(encoding="utf-8"))
    address = re.search(r"http://([\d.]+):(\d+)", serve.out.read_text(encoding="utf-8"))
    assert address
    connection = http.client.HTTPConnection(address[1], int(address[2]), timeout=20)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()

    parent = psutil.Process(serve.process)
    until(lambda: [child.status() for child in parent.children()] == [psutil.STATUS_STOPPED])
    (child,) = parent.children()
    serve.send(signal.SIGTERM)
    child.resume()
    serve.wait().expect(0)
    assert not child.is_running()
    assert runs(filiera, new_home)[0]["error"] == "stopped by SIGTERM; the next run finishes it"
    filiera.run("run", home=new_home).expect(0)
    assert totals(new_home) == FILE_TOTALS


def test_of_two_runs_in_a_home_one_goes_on_and_the_other_names_it(filiera: Zygote, new_home: Path) -> None:
    first = filiera.start_until("landing.entered", "run", home=new_home)
    for words in (["run"], ["ingest"], ["rebuild"], ["replay", "factory.production_raw"]):
        second = filiera.run(*words, home=new_home).expect(3)
        assert re.search(rf"a run, process {first.process} on \S+, since \S+\. Wait for it to end", second.err)
    first.go_on()
    first.wait().expect(0)
    assert len(runs(filiera, new_home)) == 1
    assert totals(new_home) == FILE_TOTALS


def test_of_two_homes_with_one_ledger_one_goes_on_and_the_other_names_it(
    filiera: Zygote, server: Server, tmp_path: Path
) -> None:
    shared = {"ledger_url": server.database(), "lake_url": str(tmp_path / "lake")}
    here, there = tmp_path / "here", tmp_path / "there"
    deliver(here, "first", FIRST_FILE)
    deliver(there, "second", "Torino,L9,M009,2026-01-30,10,1,2026-01-30 20:00:00\n")
    first = filiera.start_until("landing.entered", "run", home=here, **shared)
    second = filiera.run("run", home=there, **shared).expect(3)
    (under_way,) = runs(filiera, there, **shared)
    assert f"run {under_way['run_id']}, process {first.process} on" in second.err
    first.go_on()
    first.wait().expect(0)
    assert totals(here) == FILE_TOTALS
    filiera.run("run", home=there, **shared).expect(0)
    assert totals(there) == {**FILE_TOTALS, ("2026-01-30", "Torino", "L9"): (10, 1)}


def test_a_run_is_paused_and_resumed_from_another_process(filiera: Zygote, new_home: Path) -> None:
    run = filiera.start_until("lake.after_publish", "run", home=new_home)
    (under_way,) = runs(filiera, new_home)
    assert under_way["state"] == "Running"
    run_id = under_way["run_id"]
    assert "stops before its next step" in filiera.run("runs", run_id, "--pause", home=new_home).expect(0).out
    run.go_on()
    assert f"Run {run_id} is paused. Go on with: filiera runs {run_id} --resume" in run.wait().expect(1).err
    told = filiera.run("runs", run_id, "--json", home=new_home).expect(0).json()
    assert told["run"]["state"] == "Paused"
    assert [step["state"] for step in told["steps"]] == ["Success", "Pending", "Pending", "Pending"]
    assert "Paused" in filiera.run("status", home=new_home).expect(0).out
    assert not (new_home / "serving").exists()

    filiera.run("runs", run_id, "--resume", home=new_home).expect(0)
    told = filiera.run("runs", run_id, "--json", home=new_home).expect(0).json()
    assert [step["state"] for step in told["steps"]] == ["Success"] * 4
    assert totals(new_home) == FILE_TOTALS
    assert "nothing to resume" in filiera.run("runs", run_id, "--resume", home=new_home).expect(2).err
    assert "only a run under way" in filiera.run("runs", run_id, "--pause", home=new_home).expect(2).err
