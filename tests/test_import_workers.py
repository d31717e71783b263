"""Several workers at one import: what one of them is at, what the others may do meanwhile, and who has stopped it."""

from unittest.mock import patch

import psycopg2
import pytest
from odoo.tools import config

from .reminder_workers import environment, own_database
from .test_import_killed import Founder

ROWS, BATCH_SIZE = 100, 30
#: Every tenth row repeats the one before it, so that two of ten have to wait for each other.
SINGLE = ROWS * 8 // 10


@pytest.fixture
def registry():
    """A database of its own: what its cursors commit is there for all of them."""
    with own_database("import_workers") as registry:
        yield registry


@pytest.fixture
def job_id(registry):
    """The id of an import whose rows have been read."""
    with environment(registry) as env:
        job_id = Founder(env).found(ROWS)
    with environment(registry) as env:
        job = env["funnel.import"]._lock_next()
        job._advance(BATCH_SIZE)
        assert (job.id, job.is_read) == (job_id, True)
    return job_id


def look(registry, job_id):
    """Return the state of the import, and how many rows have which verdict."""
    with environment(registry) as env:
        job = env["funnel.import"].browse(job_id)
        return job.state, env["funnel.import.row"]._count_by_state(job)[job_id]


def test_others_do_the_rest_and_wait_for_the_end(registry, job_id):
    with environment(registry) as env:
        assert env["funnel.import"]._lock_next()._advance(BATCH_SIZE) == BATCH_SIZE
        with environment(registry) as other:
            other["funnel.import"]._cron_run(batch_size=BATCH_SIZE)
        # nobody takes the rows that are held here, nor those that have to wait for all others
        assert look(registry, job_id) == ("importing", {"created": SINGLE - BATCH_SIZE})
    assert look(registry, job_id) == ("importing", {"created": SINGLE})
    with environment(registry) as env:
        env["funnel.import"]._cron_run(batch_size=BATCH_SIZE)
    assert look(registry, job_id) == ("done", {"created": ROWS * 9 // 10, "duplicate_row": ROWS // 10})


def test_clients_who_stand_there_twice_are_one_workers_business(registry, job_id):
    with environment(registry) as env:
        while env["funnel.import.row"]._has_single_clients(env["funnel.import"].browse(job_id)):
            env["funnel.import"]._lock_next()._advance(BATCH_SIZE)
            env.cr.commit()
    with environment(registry) as env:
        assert env["funnel.import"]._lock_next()._advance(4) == 4
        with environment(registry) as other:
            assert not other["funnel.import"]._lock_next()
    assert look(registry, job_id) == ("importing", {"created": SINGLE + 2, "duplicate_row": 2})


def test_workers_do_not_leave_the_end_to_each_other(registry, job_id):
    """Whoever finds all rows taken looks again, for meanwhile it has kept the other worker from going on."""
    with environment(registry) as late:
        with environment(registry) as env:
            for _batch in range(SINGLE // BATCH_SIZE):
                env["funnel.import"]._lock_next()._advance(BATCH_SIZE)
                env.cr.commit()
            env["funnel.import"]._lock_next()._advance(BATCH_SIZE)
            assert late["funnel.import"]._lock_next()._advance(BATCH_SIZE) is None
        with environment(registry) as env:
            env["funnel.import"]._cron_run(batch_size=BATCH_SIZE)
        assert look(registry, job_id) == ("importing", {"created": SINGLE})
        late.cr.commit()
        assert late["funnel.import"]._lock_next([job_id]).id == job_id


def test_leads_come_of_one_import_after_the_other(registry, job_id):
    """The clients of two tables would not know of each other."""
    with environment(registry) as env:
        first = env["funnel.import"].browse(job_id)
        values = {"list_id": first.list_id.id, "file": first.file, "file_name": "again.csv"}
        first.with_user(first.user_id).create(values).action_import()
    with environment(registry) as env:
        env["funnel.import"]._lock_next()._advance(BATCH_SIZE)
        with environment(registry) as other:
            assert not other["funnel.import"]._lock_next([job_id])
    with environment(registry) as env:
        env["funnel.import"]._cron_run(batch_size=BATCH_SIZE)
    second = job_id + 1
    assert look(registry, second) == ("done", {"duplicate_known": ROWS})


def test_a_batch_of_an_import_that_was_stopped_meanwhile_is_taken_back(registry, job_id):
    with environment(registry) as env:
        job = env["funnel.import"]._lock_next()
        with environment(registry) as other:
            other["funnel.import"].browse(job_id).action_cancel()
        with pytest.raises(psycopg2.errors.SerializationFailure):
            job._advance(BATCH_SIZE)
        env.cr.rollback()
    assert look(registry, job_id) == ("cancelled", {})


def test_a_batch_that_was_begun_before_somebody_elses_was_committed_takes_none_of_its_rows(registry, job_id):
    with environment(registry) as env:
        late = env["funnel.import"]._lock_next()
        with environment(registry) as other:
            other["funnel.import"]._lock_next()._advance(BATCH_SIZE)
        with pytest.raises(psycopg2.errors.SerializationFailure):
            late._advance(BATCH_SIZE)
        env.cr.rollback()
    assert look(registry, job_id) == ("importing", {"created": BATCH_SIZE})


def test_the_second_scheduled_action_helps_where_workers_are_processes(registry, job_id):

    for workers, state in ((0, "importing"), (2, "done")):
        with environment(registry) as env, patch.dict(config.options, workers=workers):
            env.ref("sales_funnel_addon.ir_cron_help_with_imports").method_direct_trigger()
        assert look(registry, job_id)[0] == state
