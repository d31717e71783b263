from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.import_headers import REPEATABLE
from .funnel_import_run_mixin import RUNNING

#: What people write about an import; everything else is the server's to say.
OWN_FIELDS = frozenset(
    {
        *("list_id", "file", "file_name", "sheet_name", "header_row"),
        *("column_ids", "salesperson_ids", "allow_known"),
    }
)
#: What makes another table of it.
FILE_FIELDS = frozenset({"file", "sheet_name", "header_row"})
#: What nothing has come of yet, so that it can be changed.
OPEN_STATES = ("draft", "checked")


class FunnelImport(models.Model):
    """One table of cold clients that becomes the leads of a list: its file, what its columns mean, what came of it."""

    _name = "funnel.import"
    _inherit = [
        "funnel.import.file.mixin",
        "funnel.import.value.mixin",
        "funnel.import.match.mixin",
        "funnel.import.judge.mixin",
        "funnel.import.undo.mixin",
        "funnel.import.run.mixin",
        "funnel.import.report.mixin",
    ]
    _description = "Import of a Cold List"
    _order = "id desc"
    _rec_name = "file_name"

    list_id = fields.Many2one(
        "funnel.list", "Cold List", required=True, index=True, ondelete="restrict", help="The leads belong to it."
    )
    team_id = fields.Many2one(related="list_id.team_id")
    company_id = fields.Many2one(related="list_id.company_id", store=True, index="btree_not_null")
    user_id = fields.Many2one(
        "res.users", "Imported By", default=lambda self: self.env.user, required=True, readonly=True, copy=False
    )
    file = fields.Binary(required=True, attachment=True, copy=False, help="A table: xlsx, xls or csv.")
    file_name = fields.Char(default=lambda self: self.env._("Import of a Table"), copy=False)
    sheet_name = fields.Char("Sheet", copy=False, help="Which sheet of a workbook is imported.")
    header_row = fields.Integer(
        "Row with Headers", copy=False, help="Rows above it are left out. 0: there are no headers."
    )
    column_ids = fields.One2many("funnel.import.column", "import_id", "Columns", copy=False)
    salesperson_ids = fields.Many2many(
        "res.users",
        string="Salespeople",
        domain=[("share", "=", False)],
        help="They get the leads in turn. Empty: nobody gets them yet.",
    )
    allow_known = fields.Boolean(
        "Import Known Clients, Too",
        help="Clients who are among the leads or contacts already become leads as well, marked as repeat clients.",
    )
    state = fields.Selection(
        [
            ("draft", "Columns"),
            ("checking", "Being checked"),
            ("checked", "Table checked"),
            ("importing", "Being imported"),
            ("done", "Leads created"),
            ("cancelled", "Stopped"),
            ("undoing", "Being taken back"),
            ("undone", "Undone"),
            ("failed", "Failed"),
        ],
        default="draft",
        required=True,
        readonly=True,
        index=True,
        copy=False,
    )
    has_begun = fields.Boolean(readonly=True, copy=False, help="Leads were created, or were about to be.")
    is_read = fields.Boolean(readonly=True, copy=False, help="All rows of the file are here.")
    read_position = fields.Integer("Last Row Read", readonly=True, copy=False)
    position = fields.Integer("Last Row Taken Back", readonly=True, copy=False)
    row_count = fields.Integer("Number of Rows", readonly=True, copy=False)
    processed_count = fields.Integer("Rows Done", compute="_compute_counts", compute_sudo=True)
    created_count = fields.Integer(
        "New", compute="_compute_counts", compute_sudo=True, help="Leads that were, or would be, created."
    )
    duplicate_count = fields.Integer("Duplicates", compute="_compute_counts", compute_sudo=True)
    invalid_count = fields.Integer("Invalid Rows", compute="_compute_counts", compute_sudo=True)
    kept_count = fields.Integer("Kept", readonly=True, copy=False, help="Leads that somebody has worked with.")
    message = fields.Text(readonly=True, copy=False)
    progress = fields.Float(compute="_compute_counts", compute_sudo=True, help="In percent.")
    is_running = fields.Boolean("At Work", compute="_compute_is_running")

    @api.depends("state")
    def _compute_is_running(self):
        for job in self:
            job.is_running = job.state in RUNNING

    @api.depends("state", "row_count", "is_read", "kept_count")
    def _compute_counts(self):
        """Count the verdicts of the rows: workers that deal with them at the same time share no counter."""
        found = self.env["funnel.import.row"]._count_by_state(self.filtered("is_read"))
        for job in self:
            counts = found.get(job.id, {})
            job.created_count = counts.get("ok", 0) + counts.get("created", 0)
            job.duplicate_count = counts.get("duplicate_row", 0) + counts.get("duplicate_known", 0)
            job.invalid_count = counts.get("invalid", 0)
            job.processed_count, total = sum(counts.values()), job.row_count
            if job.state in ("undoing", "undone"):
                undone = counts.get("undone", 0)
                job.processed_count, total = undone + job.kept_count, undone + job.created_count
            job.progress = min(100 * job.processed_count / total, 100) if total and job.is_read else 0

    def _forget_counts(self):
        """Let the cache count the rows anew."""
        names = ("processed_count", "created_count", "duplicate_count", "invalid_count", "progress")
        self.env["funnel.import"].invalidate_model(names, flush=False)

    @api.constrains("list_id", "salesperson_ids")
    def _check_salesperson_ids(self):
        """The leads belong to a list that the importer sees, and go to people who can work on them."""
        self.sudo(False).list_id.check_access("read")  # constraints run as superuser
        for job in self:
            job.list_id._check_salespeople(job.salesperson_ids)

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # whoever creates it imports, whatever a client sends as a default
        jobs = super().create([{**self._keep_own(vals), "user_id": self.env.uid} for vals in vals_list])
        for job, vals in zip(jobs, vals_list, strict=True):
            job._load_columns(find_header=not vals.get("header_row"))
        return jobs

    def write(self, vals):
        own = self._keep_own(vals)
        if not own:
            return True
        self._check_may_change()
        if "list_id" in own and any(job.list_id.id != own["list_id"] for job in self):
            own = {**own, **self._get_unread_values()}
        changes = FILE_FIELDS & own.keys()
        result = super().write({**own, "sheet_name": own.get("sheet_name", False)} if "file" in own else own)
        if changes:
            for job in self:
                job._load_columns(find_header="header_row" not in changes)
        elif own.keys() & {"column_ids", "allow_known"}:
            self._set({"state": "draft"})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        running = self.filtered("is_running")
        if running:
            raise UserError(self.env._("“%s” is at work: stop it first.", running[0].file_name))

    def _set(self, vals):
        """Write what is nobody's to write."""
        return super().write(vals)

    def _forget_check(self):
        """What was checked counts no more: the table would become other leads now."""
        self.filtered(lambda job: job.state == "checked")._set({"state": "draft"})

    @api.model
    def _keep_own(self, vals):
        """Return what people may say about an import."""
        return {name: value for name, value in vals.items() if name in OWN_FIELDS}

    @api.model
    def _get_unread_values(self):
        """Return the values of an import of which nothing has been read yet."""
        return {
            **self._get_values_to_read(),
            **{"state": "draft", "has_begun": False, "message": False, "position": 0, "kept_count": 0},
        }

    def _check_may_change(self):
        """Refuse to change what is at work, or what leads have come of.

        :raises UserError: naming the import
        """
        for job in self:
            if job.state not in OPEN_STATES and not (job.state == "failed" and not job.has_begun):
                raise UserError(
                    self.env._("“%s” has been begun: it can be stopped or undone, but not changed.", job.file_name)
                )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_check(self):
        """Find out what would become of each row, without creating anything.

        :raises UserError: when the import has been begun, or no column is chosen
        """
        self._check_may_change()
        self._begin("checking", **self._get_values_to_read())
        return True

    def action_import(self):
        """Create the leads, or go on where it was stopped.

        :raises UserError: when it is at work or done, or no column is chosen
        """
        for job in self:
            if job.state not in ("draft", "checked", "cancelled", "failed"):
                raise UserError(self.env._("“%s” is imported, or about to be.", job.file_name))
            job._begin("importing", has_begun=True, **({} if job.has_begun else self._get_values_to_read()))
        return True

    def action_cancel(self):
        """Stop what is at work; leads that were created stay.

        :raises UserError: when nothing is at work
        """
        self.check_access("write")
        for job in self:
            if job.state == "checking":
                job._set({"state": "draft", "message": self.env._("The check was stopped.")})
            elif job.is_running:
                text = self.env._("Stopped. The leads that are there already stay.")
                job._set({"state": "done" if job.state == "undoing" else "cancelled", "message": text})
            else:
                raise UserError(self.env._("“%s” is not at work.", job.file_name))
        return True

    def action_undo(self):
        """Delete the leads of the import that nobody has worked with; the others stay, and are named.

        :raises UserError: when there is nothing to undo, or it is still at work
        """
        for job in self:
            if not job.has_begun or job.state not in ("done", "cancelled", "failed"):
                raise UserError(self.env._("There is nothing to take back from “%s”.", job.file_name))
            job._begin("undoing", position=0, kept_count=0)
        return True

    def action_start_over(self):
        """Make an import that was undone or has failed one that can be changed and begun again.

        :raises UserError: when there are leads of it
        """
        self.check_access("write")
        for job in self:
            if job.state != "undone" and (job.state != "failed" or job.has_begun):
                raise UserError(self.env._("“%s” has leads: take them back first.", job.file_name))
            job._load_columns(find_header=False)
        return True

    def _begin(self, state, **values):
        """Let the scheduled action do something with these imports."""
        self.check_access("write")
        self._check_is_own()
        for job in self:
            targets = job.column_ids.filtered("target")
            if not targets:
                raise UserError(self.env._("Choose for at least one column what it goes into."))
            job._check_targets(REPEATABLE)
            self.env["funnel.import.header"]._remember(job.column_ids, job.company_id)
        self._set({"state": state, "message": False, **values})
        self._wake_up()

    def _check_is_own(self):
        """Refuse to have somebody else's import done in their name; a funnel manager takes over from who has left.

        :raises AccessError: when it is a colleague's
        """
        foreign = self.filtered(lambda job: job.user_id != self.env.user)
        if self.env.user.has_group("sales_funnel_addon.group_funnel_manager"):
            orphaned = foreign.filtered(lambda job: not job.sudo().user_id.active)  # whoever may see who has left
            orphaned._set({"user_id": self.env.uid})
            foreign -= orphaned
        if foreign:
            raise AccessError(self.env._("“%s” is the import of a colleague.", foreign[0].file_name))

    @api.model
    def _get_values_to_read(self):
        """Return the values of an import whose file is read anew, with what its columns mean now."""
        return {"is_read": False, "row_count": 0, "read_position": 0}

    def action_open_rows(self):
        """Open the rows of the import with the verdicts that the button stands for."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_import_row_action")
        verdict = self.env.context.get("verdict")
        states = {"created": ["ok", "created"], "duplicate": ["duplicate_row", "duplicate_known"]}
        domain = [("import_id", "=", self.id)]
        if verdict:
            domain.append(("state", "in", states.get(verdict, [verdict])))
        return {**action, "domain": domain, "context": {}}

    def action_open_list(self):
        """Open the list of the import, where its leads are handed out."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "funnel.list",
            "view_mode": "form",
            "res_id": self.list_id.id,
        }

    def action_report(self):
        """Download the table with the verdict of each row."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": f"/sales_funnel/import/{self.id}/report", "target": "self"}
