import logging
from collections import Counter
from dataclasses import replace

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, split_every

from ..tools.errors import describe_error, is_collision
from ..tools.sheet_files import SheetError
from .funnel_import_judge_mixin import QUIET
from .funnel_import_lead_mixin import RUN, RUN_KEY

_logger = logging.getLogger(__name__)

#: How many rows become leads in one transaction, and how many are read from the file in one.
BATCH_SIZE, READ_SIZE = 500, 5000
#: How often a batch is begun again that somebody else's work has interfered with, before it is left to the next run.
MOST_ATTEMPTS = 8
#: After how many attempts something that is there twice is no coincidence any more.
DOUBTFUL_ATTEMPTS = 3
CRON = "sales_funnel_addon.ir_cron_run_imports"
#: The first number of the locks that PostgreSQL keeps for imports; the second one is the id of the import.
LOCK_SPACE = 0x46554E
RUNNING = ("checking", "importing", "undoing")


class FunnelImportRunMixin(models.AbstractModel):
    """How imports run: in the background, batch by batch.

    Leads, verdicts and the position are committed together. The position is written last: a worker that has begun with
    an older one, or whose import was cancelled meanwhile, fails there and takes everything back. So whatever is killed
    when, no row is imported twice and none is lost.
    """

    _name = "funnel.import.run.mixin"
    _description = "Run of an Import"

    @api.model
    def _wake_up(self):
        """Let the scheduled action run at once."""
        self.env.ref(CRON).sudo()._trigger()  # whoever may import may have it done

    @api.model
    def _cron_run(self, batch_size=BATCH_SIZE):
        """Run what there is to run; several workers may do so at the same time.

        :param int batch_size: how many rows become leads in one transaction
        """
        cron, attempts = self.env["ir.cron"], 0
        while attempts < MOST_ATTEMPTS:
            job = self._lock_next()
            if not job:
                cron._commit_progress(remaining=0)
                return
            try:
                done = job._advance(batch_size)
                time_left = cron._commit_progress(done, remaining=1)
            except Exception as error:
                # whatever it is, it is the trouble of this import, unless somebody else is in the way
                attempts += 1
                self._recover(job, error, attempts)
                continue
            attempts = 0
            if not time_left:
                return
        cron._commit_progress(remaining=1)

    def _recover(self, job, error, attempts):
        """Take back what a batch has done: to begin again, or to say that the import has failed."""
        if is_collision(error, perhaps=attempts < DOUBTFUL_ATTEMPTS):
            self.env["funnel.timer"]._begin_again(error, attempts)
            return
        self.env.cr.rollback()
        self.env.transaction.reset()
        self.env.registry.reset_changes()
        _logger.warning("The import %s has failed.", job.id, exc_info=not isinstance(error, AccessError))
        job._fail(describe_error(error))
        self.env["ir.cron"]._commit_progress(remaining=1)

    @api.model
    def _lock_next(self):
        """Return the first import that has something to do and that no other worker is working at, locked."""
        for job in self.sudo().search([("state", "in", RUNNING)], order="id"):
            if job._lock():
                return job
        return self.browse()

    def _lock(self):
        """Keep other workers from this import until the transaction ends; tell whether nobody else does."""
        query = SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", LOCK_SPACE, self.id)
        return self.env.execute_query(query)[0][0]

    # ------------------------------------------------------------
    # BATCHES
    # ------------------------------------------------------------

    def _advance(self, batch_size):
        """Do the next piece of work; return how many rows were dealt with."""
        job = self._as_importer()
        job._check_may_import()
        if self.state != "undoing" and not self.is_read:
            return self._read_rows()
        if self.state == "undoing":
            return job._take_back_next(batch_size)
        rows = [row[:2] for row in self.env["funnel.import.row"]._fetch_after(self, self.position, batch_size)]
        if not rows:
            self._set({"state": "checked" if self.state == "checking" else "done"})
            return 0
        verdicts = job._try_out(rows) if self.state == "checking" else job._create_leads(rows, self.position)
        self.env["funnel.import.row"]._write_verdicts(self, verdicts)
        self._count(verdicts)
        return len(rows)

    def _as_importer(self):
        """Return the import in the name, the language and the company of whoever has begun it."""
        user, company = self.user_id, self.company_id or self.user_id.company_id
        context = {"lang": user.lang, "tz": user.tz, "allowed_company_ids": company.ids, **QUIET, RUN_KEY: RUN}
        return self.with_env(self.env(user=user.id, context=context, su=False))

    def _check_may_import(self):
        """Refuse to go on for somebody who must not import any more.

        :raises AccessError: when they have left or lost the right
        """
        if not self.env.user.active:
            raise AccessError(self.env._("%s has left: somebody else has to import this.", self.env.user.name))
        self.check_access("write")
        self.list_id.check_access("read")
        self.env["crm.lead"].check_access("create")

    def _try_out(self, rows):
        """Return what would become of rows: everything happens as in earnest, in a transaction that is taken back."""
        with self.env.registry.cursor() as cr:
            verdicts = self.with_env(self.env(cr=cr))._create_leads(rows, self.position)
            cr.rollback()
        return [
            replace(verdict, state="ok", lead_id=None) if verdict.state == "created" else verdict
            for verdict in verdicts
        ]

    def _count(self, verdicts):
        """Write how far the import is, and what has become of its rows."""
        counts = Counter(verdict.state for verdict in verdicts)
        self._set(
            {
                "position": verdicts[-1].number,
                "processed_count": self.processed_count + len(verdicts),
                "created_count": self.created_count + counts["created"] + counts["ok"],
                "duplicate_count": self.duplicate_count + counts["duplicate_row"] + counts["duplicate_known"],
                "invalid_count": self.invalid_count + counts["invalid"],
            }
        )

    def _read_rows(self):
        """Take the rows out of the file, some thousand in a transaction; return how many were read in the last one."""
        Row, cron = self.env["funnel.import.row"], self.env["ir.cron"]
        try:
            start = max(self.read_position, self.header_row)
            rows = (row for row in self._open_file().rows if row[0] > start)
            for chunk in split_every(READ_SIZE, rows):
                Row._insert(self, chunk)
                position = chunk[-1][0]
                self._set({"read_position": position, "row_count": self.row_count + len(chunk)})
                time_left = cron._commit_progress(len(chunk), remaining=1)
                if not (time_left and self._lock() and self._is_still_at(position)):
                    return 0
        except SheetError as error:
            Row._forget(self)
            self._set({"row_count": 0, "read_position": 0})
            self._fail(self._as_importer()._describe_sheet_error(error))
            return 0
        self._set({"is_read": True})
        return 0

    def _is_still_at(self, position):
        """Tell whether nobody has cancelled or begun anew what goes on after a commit."""
        self.invalidate_recordset()
        return self.state in RUNNING and not self.is_read and self.read_position == position

    def _fail(self, text):
        """Say why the import cannot go on."""
        self._set({"state": "failed", "message": text})
