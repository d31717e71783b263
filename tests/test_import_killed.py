"""An import creates each lead once, whatever dies: two real processes on a real database, killed in the midst of it."""

import base64
import os
import random
import time

import pytest
from odoo.tests import new_test_user

from .common import FunnelFactory
from .imports import make_csv
from .reminder_workers import environment, own_database, stable
from .test_reminders_killed import Department

ROWS, BATCH_SIZE, KILLS = 1500, 25, 8
HEADERS = ["Имя", "Телефон"]


class Founder(FunnelFactory):
    """Makes a funnel with a task and a reminder, and an import of it that has begun."""

    def __init__(self, env):
        type(self).env = env

    def found(self, count=ROWS):
        """Return the id of the import of so many rows; every tenth row repeats the one before it."""
        head = new_test_user(self.env, "boss", "sales_team.group_sale_salesman_all_leads")
        team = self.make_funnel("Requests", "lead", ["New", "Talk"], user_id=head.id)
        new = team.stage_ids.sorted("sequence")[0]
        self.make_task(new)
        cold_list = self.env["funnel.list"].create({"name": "Base", "team_id": team.id})
        phones = [number - 1 if number % 10 == 9 else number for number in range(count)]
        rows = [HEADERS, *([f"Client {number}", f"8912{phone:07}"] for number, phone in enumerate(phones))]
        values = {"list_id": cold_list.id, "file": base64.b64encode(make_csv(rows)), "file_name": "base.csv"}
        job = self.env["funnel.import"].with_user(head).create(values)
        job.action_import()
        return job.id


@pytest.fixture(scope="module")
def killed():
    """A database in which an import has come to its end although its workers were killed, and how far it was then."""
    seed = int(os.environ.get("FUNNEL_KILL_SEED") or random.randrange(10**6))
    print(f"FUNNEL_KILL_SEED={seed} kills at the same moments again")
    chance, moments = random.Random(seed), []
    with own_database("imports") as registry:
        with environment(registry) as env:
            job_id = Founder(env).found()
        department = Department(registry, [], {}, [], [])
        done = "SELECT count(*) FROM funnel_import_row WHERE state IS NOT NULL"
        with stable(registry.db_name) as workers:
            for _number in range(2):
                workers.start("import_for_ever", BATCH_SIZE)
            for number in range(1, KILLS + 1):
                deadline = time.monotonic() + 30
                while department.count(done) < ROWS * number // (2 * KILLS) and time.monotonic() < deadline:
                    time.sleep(0.005)
                time.sleep(chance.uniform(0, 0.15))
                moments.append(department.count(done))
                workers.kill(chance.choice(workers.running))
                workers.start("import_for_ever", BATCH_SIZE)
            deadline = time.monotonic() + 180
            while department.count("SELECT count(*) FROM funnel_import WHERE state = 'importing'"):
                assert time.monotonic() < deadline, "the workers do not come to an end"
                time.sleep(0.05)
        yield department, job_id, moments


def test_the_kills_hit_the_import_at_work(killed):
    _department, _job_id, moments = killed
    assert len(moments) == KILLS
    assert all(moment < ROWS for moment in moments)
    assert all(moment % BATCH_SIZE == 0 for moment in moments), "a batch was half done"
    assert len(set(moments)) > 2, "work went on between the kills"


def test_every_row_has_become_one_lead_or_a_verdict(killed):
    department, job_id, _moments = killed
    states = dict(department.query("SELECT state, count(*) FROM funnel_import_row GROUP BY 1"))
    assert states == {"created": ROWS * 9 // 10, "duplicate_row": ROWS // 10}
    leads = "SELECT count(*), count(DISTINCT contact_name) FROM crm_lead WHERE funnel_list_id IS NOT NULL"
    assert department.query(leads) == [(ROWS * 9 // 10, ROWS * 9 // 10)]
    linked = """SELECT count(*) FROM funnel_import_row AS row JOIN crm_lead AS lead ON lead.id = row.lead_id
                 WHERE lead.contact_name = row.cells->>0"""
    assert department.count(linked) == ROWS * 9 // 10
    assert department.query("SELECT state FROM funnel_import WHERE id = %s", job_id) == [("done",)]


def test_every_lead_has_what_its_stage_gives_it_once(killed):
    department, _job_id, _moments = killed
    per_lead = "SELECT count(*), count(DISTINCT lead_id) FROM %s"
    for table in ("funnel_task", "funnel_move"):
        assert department.query(per_lead % table) == [(ROWS * 9 // 10, ROWS * 9 // 10)]
