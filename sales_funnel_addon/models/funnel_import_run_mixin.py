import logging
from dataclasses import replace

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, config, split_every
from psycopg2 import Error as DatabaseError

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
CRON, HELPING_CRON = "sales_funnel_addon.ir_cron_run_imports", "sales_funnel_addon.ir_cron_help_with_imports"
#: The first number of the locks that PostgreSQL keeps for imports; the second one is the id of the import.
LOCK_SPACE = 0x46554E
RUNNING = ("checking", "importing", "undoing")


class FunnelImportRunMixin(models.AbstractModel):
    """How imports run: in the background, batch by batch, by as many workers as there are.

    Leads and verdicts are committed together, and a worker holds the rows it is at locked until then. So whatever is
    killed when, no row is imported twice and none is lost. Rows of a client that stands there more than once have to
    wait for each other: one worker deals with them in their order, after all the others. Whatever is not done with
    rows, such as reading the file or taking leads back, is done by one worker, too.
    """

    _name = "funnel.import.run.mixin"
    _description = "Run of an Import"

    @api.model
    def _wake_up(self):
        """Let the scheduled actions run at once."""
        for xml_id in (CRON, HELPING_CRON):
            cron = self.env.ref(xml_id, raise_if_not_found=xml_id == CRON)  # one of them is enough
            if cron:
                cron.sudo()._trigger()  # whoever may import may have it done

    @api.model
    def _cron_run(self, batch_size=BATCH_SIZE):
        """Run what there is to run; several workers may do so at the same time.

        :param int batch_size: how many rows become leads in one transaction
        """
        cron, attempts, left_to_others = self.env["ir.cron"], 0, []
        while attempts < MOST_ATTEMPTS:
            job = self._lock_next(left_to_others)
            if not job:
                cron._commit_progress(remaining=0)
                return
            state = job.state
            try:
                done = job._advance(batch_size)
                if done is None:
                    left_to_others.append(job.id)
                time_left = cron._commit_progress(done or 0, remaining=1)
            except Exception as error:
                # whatever it is, it is the trouble of this import, unless somebody else is in the way
                attempts += 1
                self._recover(job, state, error, attempts)
                continue
            attempts = 0
            if not time_left:
                return
        cron._commit_progress(remaining=1)

    @api.model
    def _cron_help(self):
        """Help another worker with what it is at, where workers are processes; threads would only slow each other."""
        if config["workers"]:
            self._cron_run()

    def _recover(self, job, state, error, attempts):
        """Take back what a batch has done: to begin again, or to say that the import has failed.

        :param str state: what the worker was doing with the import; somebody may have stopped it meanwhile
        """
        begin_again = self.env["funnel.timer"]._begin_again
        if is_collision(error, perhaps=attempts < DOUBTFUL_ATTEMPTS):
            begin_again(error, attempts)
            return
        self.env.cr.rollback()
        self.env.transaction.reset()
        self.env.registry.reset_changes()
        _logger.warning("The import %s has failed.", job.id, exc_info=not isinstance(error, AccessError))
        try:
            if job.state == state:
                job._fail(describe_error(error))
            self.env["ir.cron"]._commit_progress(remaining=1)
        except DatabaseError as collision:
            begin_again(collision, attempts)  # another worker says so at this very moment

    @api.model
    def _lock_next(self, left_to_others=()):
        """Return the first import at which this worker can do something, locked.

        Leads come of one import after the other: those of two at once would not know of each other's clients.

        :param left_to_others: the ids of imports whose rows were all being dealt with by other workers; one of them is
            looked at again as soon as those rows are decided, for the others have perhaps left the rest to this worker
        """
        is_first = True
        for job in self.sudo().search([("state", "in", RUNNING)], order="id"):
            if job.state == "importing":
                if not is_first:
                    continue
                is_first = False
            if not (job.id in left_to_others and job._is_for_several()) and job._lock():
                return job
        return self.browse()

    def _lock(self):
        """Keep others from this import until the transaction ends; tell whether they do not keep this worker from it.

        Rows of different clients can be dealt with by several workers at the same time.
        """
        shared = SQL("_shared") if self._is_for_several() else SQL()
        query = SQL("SELECT pg_try_advisory_xact_lock%s(%s, %s)", shared, LOCK_SPACE, self.id)
        return self.env.execute_query(query)[0][0]

    def _is_for_several(self):
        """Tell whether there are rows that several workers may deal with at the same time."""
        Row = self.env["funnel.import.row"]
        return self.state != "undoing" and self.is_read and Row._has_single_clients(self)

    # ------------------------------------------------------------
    # BATCHES
    # ------------------------------------------------------------

    def _advance(self, batch_size):
        """Do the next piece of work; return how many rows were dealt with, None if others are at all that is left."""
        job = self._as_importer()
        job._check_may_import()
        if self.state == "undoing":
            return job._take_back_next(batch_size)
        if not self.is_read:
            return self._read_rows()
        Row, is_repeated = self.env["funnel.import.row"], not self._is_for_several()
        rows = Row._claim(self, batch_size, is_repeated=is_repeated)
        if rows:
            Row._write_verdicts(self, job._try_out(rows) if self.state == "checking" else job._create_leads(rows))
            self._check_still_running()
        elif not is_repeated:
            return None
        else:
            self._set({"state": "checked" if self.state == "checking" else "done"})
        return len(rows)

    def _check_still_running(self):
        """Fail at the end of a batch if the import was stopped meanwhile, and keep it from being stopped till then.

        :raises psycopg2.errors.SerializationFailure: so that everything is taken back
        """
        query = SQL("SELECT FROM funnel_import WHERE id = %s FOR SHARE", self.id)
        self.env.cr.execute(query, log_exceptions=False)

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
            verdicts = self.with_env(self.env(cr=cr))._create_leads(rows)
            cr.rollback()
        return [
            replace(verdict, state="ok", lead_id=None) if verdict.state == "created" else verdict
            for verdict in verdicts
        ]

    def _read_rows(self):
        """Take the rows out of the file, some thousand in a transaction; return how many were read in the last one."""
        Row, cron, job = self.env["funnel.import.row"], self.env["ir.cron"], self._as_importer()
        if not self.read_position:
            Row._forget(self)  # what a check has found out
        try:
            start = max(self.read_position, self.header_row)
            rows = (row for row in self._open_file().rows if row[0] > start)
            for chunk in split_every(READ_SIZE, rows):
                Row._insert(self, job._find_keys(chunk))
                position = chunk[-1][0]
                self._set({"read_position": position, "row_count": self.row_count + len(chunk)})
                time_left = cron._commit_progress(len(chunk), remaining=1)
                if not (time_left and self._lock() and self._is_still_at(position)):
                    return 0
        except SheetError as error:
            Row._forget(self)
            self._set({"row_count": 0, "read_position": 0})
            self._fail(job._describe_sheet_error(error))
            return 0
        Row._mark_repeated(self)
        self._set({"is_read": True})
        self._wake_up()  # others can help now
        return 0

    def _is_still_at(self, position):
        """Tell whether nobody has cancelled or begun anew what goes on after a commit."""
        self.invalidate_recordset()
        return self.state in RUNNING and not self.is_read and self.read_position == position

    def _fail(self, text):
        """Say why the import cannot go on."""
        self._set({"state": "failed", "message": text})
