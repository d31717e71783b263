from odoo import api, fields, models
from odoo.fields import Command

from ..models.funnel_requirement_mixin import QUESTION_PREFIX


class FunnelDeferralDialog(models.AbstractModel):
    """What the dialogs *Defer* and *Resume* share: those of several deals that can go do, with a table of all."""

    _name = "funnel.deferral.dialog"
    _inherit = ["funnel.leads.dialog"]
    _description = "Dialog of Deferrals"

    lead_ids = fields.Many2many(string="Deals", context={"active_test": False})
    lead_count = fields.Integer(compute="_compute_lead_count")
    is_done = fields.Boolean(readonly=True)
    ready_count = fields.Integer(compute="_compute_ready_count")

    @api.depends("lead_ids")
    def _compute_lead_count(self):
        for dialog in self:
            dialog.lead_count = len(dialog.lead_ids)

    @api.depends("line_ids.state")
    def _compute_ready_count(self):
        for dialog in self:
            dialog.ready_count = len(dialog.line_ids.filtered(lambda line: line.state == "ready"))

    def _set_lines(self):
        """Fill the table with what would become of each deal."""
        for dialog in self.filtered(lambda dialog: not dialog.is_done):
            leads = dialog.lead_ids._origin
            texts = dialog._describe(leads)
            dialog.line_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "lead_id": lead.id,
                            "state": "blocked" if texts[lead.id] else "ready",
                            "message": texts[lead.id],
                        }
                    )
                    for lead in leads
                    if lead.id in texts
                ),
            ]

    def _describe(self, leads):
        """Return why each of the leads cannot go, by lead id; nothing as long as it is not known where to."""
        raise NotImplementedError

    def _perform(self, leads):
        """Do it."""
        raise NotImplementedError

    def action_apply(self):
        """Do it to the deals that can go; show what became of each if they are several."""
        self.ensure_one()
        if len(self.lead_ids) == 1:
            self._perform(self.lead_ids)  # what is wrong is raised
            return {"type": "ir.actions.act_window_close"}
        texts = self._describe(self.lead_ids)
        ready = self.lead_ids.filtered(lambda lead: not texts[lead.id])
        if ready:
            self._perform(ready)
        self.is_done = True
        for line in self.line_ids:
            line.state = "done" if line.lead_id in ready else "blocked"
            line.message = texts.get(line.lead_id.id, self.env._("It is no longer there."))
        name = self._name.replace(".", "_")
        action = self.env["ir.actions.actions"]._for_xml_id(f"sales_funnel_addon.{name}_action")
        return {**action, "res_id": self.id}


class FunnelDefer(models.TransientModel):
    """The dialog that asks until when deals are deferred, and why."""

    _name = "funnel.defer"
    _inherit = ["funnel.deferral.dialog"]
    _description = "Defer"

    deferral_date = fields.Date("Next Contact", required=True)
    deferral_reason = fields.Text("Reason", required=True)
    message = fields.Text("Against", compute="_compute_message")
    line_ids = fields.One2many("funnel.deferral.line", "defer_id", compute="_compute_line_ids", store=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        leads = self.new({"lead_ids": values.get("lead_ids", [])}).lead_ids._origin
        if "deferral_reason" in fields_list and len(leads) == 1 and leads.deferral_reason:
            values.setdefault("deferral_reason", leads.deferral_reason)  # only the date is new, mostly
        return values

    @api.depends("lead_ids", "deferral_date")
    def _compute_message(self):
        """Say why a single deal cannot wait until that date, as soon as the date is chosen."""
        for dialog in self:
            leads = dialog.lead_ids._origin
            dialog.message = dialog._describe(leads).get(leads.id) if len(leads) == 1 else False

    @api.depends("lead_ids", "deferral_date", "deferral_reason")
    def _compute_line_ids(self):
        self._set_lines()

    def _describe(self, leads):
        if not self.deferral_date:
            return {}
        # the reason is asked for by the field itself, as long as nobody has tried
        return leads._describe_deferral(self.deferral_date, self.deferral_reason or "…")

    def _perform(self, leads):
        leads.funnel_defer(self.deferral_date, self.deferral_reason)


class FunnelResume(models.TransientModel):
    """The dialog that brings deferred deals back, and asks what comes next."""

    _name = "funnel.resume"
    _inherit = ["funnel.deferral.dialog"]
    _description = "Resume"

    team_id = fields.Many2one("crm.team", "Funnel", compute="_compute_team_id")
    stage_id = fields.Many2one(
        "crm.stage", "Back To", compute="_compute_stage_id", store=True, readonly=False, help="Empty: where it was."
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        "Next Activity",
        required=True,
        domain=[("res_model", "in", [False, "crm.lead"])],
        default=lambda self: self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False),
    )
    activity_date = fields.Date("Due On", required=True, default=fields.Date.context_today)
    activity_summary = fields.Char("What to Do")
    message = fields.Text("Against", compute="_compute_message")
    missing_fields = fields.Json(compute="_compute_message")
    missing_values = fields.Json()
    line_ids = fields.One2many("funnel.deferral.line", "resume_id", compute="_compute_line_ids", store=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        # a list of deferred deals has its own funnel for a default: there they are, not where they go
        values.pop("team_id", None)
        return values

    @api.depends("lead_ids")
    def _compute_team_id(self):
        for dialog in self:
            places = dialog.lead_ids._origin._get_resume_places()
            team_ids = {team_id for team_id, _stage_id in places.values()}
            dialog.team_id = team_ids.pop() if len(team_ids) == 1 else False

    @api.depends("lead_ids")
    def _compute_stage_id(self):
        """Propose the stage that the deal left; several deals go each to its own."""
        for dialog in self:
            places = dialog.lead_ids._origin._get_resume_places()
            dialog.stage_id = next(iter(places.values()))[1] if len(places) == 1 else False

    @api.depends("lead_ids", "stage_id")
    def _compute_message(self):
        """Say why a single deal cannot go, and which fields can be filled in about it."""
        for dialog in self:
            leads, stage_id = dialog.lead_ids._origin, dialog.stage_id._origin.id
            verdicts = leads._judge_moves(leads._get_resume_states(stage_id))
            names = (name for verdict in verdicts.values() for unmet in verdict.unmet.values() for name in unmet)
            dialog.missing_fields = [name for name in dict.fromkeys(names) if not name.startswith(QUESTION_PREFIX)]
            texts = leads._describe_resumption(stage_id)
            dialog.message = texts[leads.id] if len(leads) == 1 else False

    @api.depends("lead_ids", "stage_id")
    def _compute_line_ids(self):
        self._set_lines()

    def _describe(self, leads):
        return leads._describe_resumption(self.stage_id._origin.id)

    def _perform(self, leads):
        leads.funnel_resume(
            self.stage_id.id or None, self.activity_type_id.id, self.activity_date, self.activity_summary or None
        )

    def action_apply(self):
        """Fill in what was missing, then bring the deals back; the gate has the last word."""
        answers = self.missing_values or {}
        for name in set(self.missing_fields or ()) & set(answers):
            lacking = self.lead_ids.filtered(lambda lead, name=name: lead._get_missing_fields((name,)))
            lacking.write({name: answers[name]})
        return super().action_apply()


class FunnelDeferralLine(models.TransientModel):
    """What becomes of one deal when several are deferred or resumed."""

    _name = "funnel.deferral.line"
    _description = "Result of a Deferral"
    _order = "state, id"

    defer_id = fields.Many2one("funnel.defer", ondelete="cascade")
    resume_id = fields.Many2one("funnel.resume", ondelete="cascade")
    lead_id = fields.Many2one("crm.lead", "Deal", readonly=True)
    state = fields.Selection([("blocked", "Blocked"), ("done", "Done"), ("ready", "Can go")], readonly=True)
    message = fields.Text("Why", readonly=True)
