from odoo import api, fields, models

from ..tools.lead_moves import GateBatch
from ..tools.values import fill_in
from .funnel_gate_mixin import COMPUTED_FACTS

#: What the title of a lead is made of, the best first.
TITLE_FIELDS = ("contact_name", "partner_name", "phone", "email_from")


def read_reason(vals):
    """Return the reason for a move that is written together with it."""
    return str(vals.get("funnel_move_reason") or "").strip()


class CrmLead(models.Model):
    """A lead or a deal; in a funnel every change of its place passes the gate."""

    _name = "crm.lead"
    # the mixins come first, so that their overrides come before what they override
    _inherit = [
        "funnel.deferral.flow.mixin",
        "funnel.deferral.activity.mixin",
        "funnel.deferral.mixin",
        "funnel.handover.mixin",
        "funnel.handover.card.mixin",
        "funnel.chain.mixin",
        "funnel.subject.mixin",
        "funnel.rhythm.mixin",
        "funnel.rhythm.event.mixin",
        "funnel.chat.mixin",
        "funnel.visit.mixin",
        "funnel.visit.event.mixin",
        "funnel.gate.mixin",
        "funnel.keep.mixin",
        "funnel.entry.mixin",
        "funnel.judge.mixin",
        "funnel.way.mixin",
        "funnel.requirement.mixin",
        "funnel.checklist.mixin",
        "funnel.role.mixin",
        "funnel.card.mixin",
        "funnel.case.mixin",
        "funnel.words.mixin",
        "funnel.help.mixin",
        "funnel.loss.mixin",
        "funnel.quality.mixin",
        "funnel.stay.mixin",
        "funnel.move.mixin",
        "funnel.timer.mixin",
        "funnel.conversion.mixin",
        "funnel.repeat.asking.mixin",
        "funnel.repeat.policy.mixin",
        "funnel.repeat.words.mixin",
        "funnel.repeat.mixin",
        "funnel.quotation.mixin",
        "funnel.ledger.mixin",
        "funnel.list.move.mixin",
        "funnel.list.mixin",
        "funnel.import.lead.mixin",
        "funnel.money.mixin",
        "funnel.first.mixin",
        "funnel.view.mixin",
        "funnel.contact.flow.mixin",
        "funnel.contact.activity.mixin",
        "funnel.contact.mixin",
        "funnel.address.mixin",
        "funnel.contract.mixin",
        "funnel.document.mixin",
        "funnel.work.card.mixin",
        "funnel.facts.mixin",
        "crm.lead",
    ]

    funnel_kind = fields.Selection(related="team_id.funnel_kind", string="Funnel Kind")
    funnel_can_override = fields.Boolean("May Override the Rules", compute="_compute_funnel_can_override")
    stage_id = fields.Many2one(
        domain="[('team_ids', 'in', team_id)] if funnel_kind else "
        "['|', ('team_ids', '=', False), ('team_ids', 'in', team_id)]"
    )
    funnel_move_ids = fields.One2many("funnel.move", "lead_id", "Stage History", readonly=True)
    funnel_task_ids = fields.One2many("funnel.task", "lead_id", "Checklist")
    funnel_task_count = fields.Integer("Tasks in Stage", compute="_compute_funnel_task_progress")
    funnel_task_done_count = fields.Integer("Tasks Done", compute="_compute_funnel_task_progress")
    funnel_approval_state = fields.Selection(
        [("requested", "Waiting for approval"), ("refused", "Approval refused")],
        "Approval",
        compute="_compute_funnel_task_progress",
    )
    funnel_has_role = fields.Boolean(
        "I Have a Task Here",
        compute="_compute_funnel_has_role",
        search="_search_funnel_has_role",
        help="The lead waits for something that the reader's role has to do.",
    )
    funnel_can_change = fields.Boolean("May Change the Lead", compute="_compute_funnel_can_change")
    funnel_client_id = fields.Many2one(related="partner_id.commercial_partner_id", string="Client of the Card")
    funnel_timer_ids = fields.One2many("funnel.timer", "lead_id", "Reminders", readonly=True)
    funnel_has_timers = fields.Boolean("Has Reminders", compute="_compute_funnel_facts")
    funnel_escalation = fields.Char("Escalation", compute="_compute_funnel_escalation")
    funnel_is_overdue = fields.Boolean(
        "Overdue",
        compute="_compute_funnel_is_overdue",
        search="_search_funnel_is_overdue",
        help="Somebody should have acted: a reminder has fired, or a task or an activity is late.",
    )
    funnel_time_in_stage = fields.Char("Time in Stage", compute="_compute_funnel_time_in_stage")
    funnel_contact_ids = fields.One2many("funnel.contact", "lead_id", "Contact Attempts")
    funnel_document_ids = fields.One2many("funnel.document", "lead_id", "Documents")
    funnel_move_reason = fields.Char(
        "Reason for the Move",
        compute="_compute_funnel_move_reason",
        inverse="_inverse_funnel_move_reason",
        help="Written together with a stage: why the lead goes there. It is kept in the stage history.",
    )
    funnel_script = fields.Html("Script", compute="_compute_funnel_script")
    funnel_material_ids = fields.Many2many("ir.attachment", string="Materials", compute="_compute_funnel_material_ids")
    lost_comment = fields.Text(
        "Loss Comment", tracking=73, copy=False, help="What happened, in the salesperson's words."
    )
    lost_category = fields.Selection(related="lost_reason_id.category", string="Loss Category")
    preferred_channel = fields.Selection(
        [("phone", "Phone"), ("whatsapp", "WhatsApp"), ("email", "Email")],
        help="How the client wants to be contacted.",
    )

    _client_keys = models.Index("USING gin (string_to_array(client_keys, ' ')) WITH (fastupdate = off)")
    # what stands in the stages, and what was won, is counted without reading the leads
    _funnel_open = models.Index(
        "(team_id, stage_id) INCLUDE (user_id, company_id, source_id, expected_revenue, id) "
        "WHERE active IS TRUE AND won_status = 'pending'"
    )
    _funnel_won = models.Index(
        "(team_id, date_closed) INCLUDE (user_id, company_id, source_id, expected_revenue, id) WHERE won_status = 'won'"
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("team_id.user_id")
    @api.depends_context("uid")
    def _compute_funnel_can_override(self):
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        is_manager = self.env.user.has_group("sales_funnel_addon.group_funnel_manager")
        for lead in self:
            funnel = funnels.get(lead.team_id.id)
            lead.funnel_can_override = bool(funnel) and (is_manager or funnel.head_id == self.env.uid)

    def _compute_funnel_move_reason(self):
        """It is only written; what was written stands in the stage history."""
        self.funnel_move_reason = False

    def _inverse_funnel_move_reason(self):
        """The gate takes it from what is written together with it."""

    @api.depends("stage_id", "contact_name", "partner_id", "user_id", "company_id")
    @api.depends_context("lang")
    def _compute_funnel_script(self):
        for lead in self:
            company = lead.company_id or lead.team_id.company_id or self.env.company
            names = {
                "{client}": lead.contact_name or lead.partner_id.name or lead.partner_name,
                "{salesperson}": lead.user_id.name,
                "{company}": company.name,
            }
            lead.funnel_script = fill_in(lead.stage_id.script, names) if lead.team_id.funnel_kind else False

    @api.depends(*TITLE_FIELDS)
    def _compute_name(self):
        result = super()._compute_name()
        for lead in self:
            if not lead.name and lead.team_id.funnel_kind:
                lead.name = next(filter(None, (lead[name] for name in TITLE_FIELDS)), False)
        return result

    def _compute_team_id(self):
        """In a funnel a new salesperson takes the lead over where it is, and conversion goes to the funnel of deals."""
        in_funnel = self.filtered("team_id.funnel_kind")
        for lead in in_funnel:
            if lead.type == "opportunity" and lead.team_id.deal_team_id:
                lead.team_id = lead.team_id.deal_team_id
        return super(CrmLead, self - in_funnel)._compute_team_id()

    def _compute_stage_id(self):
        """The stages of funnels and the stages of other teams never mix, whichever way a lead changes its team."""
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead in self:
            funnel = rules.funnels.get(lead.team_id.id)
            if funnel and funnel.stage_ids and lead.stage_id.id not in funnel.stage_ids:
                lead.stage_id = funnel.first_stage_id
            elif not funnel and rules.is_funnel_stage(lead.stage_id.id):
                lead.stage_id = False
        return super()._compute_stage_id()

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.model
    def default_get(self, fields_list):
        """The intake form of what is typed in by hand is not that of an imported list."""
        values = super().default_get(fields_list)
        if self.env.context.get("import_file") and self.env.context.get("funnel_id"):
            values.pop("medium_id", None)
        return values

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = self._join_lists(vals_list)
        partners = self.env["res.partner"].browse(vals["partner_id"] for vals in vals_list if vals.get("partner_id"))
        leads = super().create([self._prepare_funnel_values(vals, partners) for vals in vals_list])
        leads._pass_gate({}, reasons={lead.id: read_reason(vals) for lead, vals in zip(leads, vals_list, strict=True)})
        return leads

    def write(self, vals):
        vals = self._drop_computed_facts(vals)
        if not self or not self._touches_gate(vals):
            return super().write(vals)
        before, kept = self._get_lead_states(), self._get_kept_requirements(vals)
        touched, reasons = self._get_touched_fields(vals), dict.fromkeys(self.ids, read_reason(vals))
        entered = self._get_entered_values(touched)
        if "stage_id" in vals and "funnel_task_ids" in vals:
            # what is ticked together with a move was done before it; a deal that is won has nothing to do any more
            vals = dict(vals)
            super().write({"funnel_task_ids": vals.pop("funnel_task_ids")})
        result = super().write(vals)
        self._check_entered_values(entered)
        batch = self.env.context.get("funnel_gate_batch")
        if isinstance(batch, GateBatch):
            batch.remember(before, kept, touched, reasons)
        else:
            self._pass_gate(before, kept, touched, reasons=reasons)
        return result

    def _check_company(self, fnames=None):
        """Check what leads have in common once: a list of a thousand leads has few teams, people and sources."""
        links = (field for field in self._fields.values() if field.relational and field.check_company)
        names = ["company_id", *(field.name for field in links)]
        different = {}
        for lead in self.sudo():
            different.setdefault(tuple(lead[name]._ids for name in names), lead.id)
        return super(CrmLead, self.browse(different.values()))._check_company(fnames)

    @api.model
    def _prepare_funnel_values(self, vals, partners):
        """Fill in what a lead of a funnel has by being there: its team, its type, a title.

        :param dict vals: the values of one lead
        :param partners: the contacts of all leads that are created together, read at once
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        team_id = vals.get("team_id", self.env.context.get("default_team_id"))
        stage = rules.stages.get(vals.get("stage_id"))
        if not team_id and "team_id" not in vals and stage and len(stage.funnel_ids) == 1:
            team_id = stage.funnel_ids[0]
        funnel = rules.funnels.get(team_id)
        if not funnel:
            return {name: value for name, value in vals.items() if name != "first_funnel_id"}
        filled = {name: value for name, value in vals.items() if name not in COMPUTED_FACTS}
        filled["team_id"] = team_id
        if not filled.get("stage_id", True):
            filled.pop("stage_id")  # an empty cell of an import: the funnel knows where the lead starts
        if "type" not in vals:
            filled["type"] = funnel.lead_type
        if not vals.get("name"):
            known = [vals.get(name) for name in TITLE_FIELDS]
            if vals.get("partner_id"):
                known.insert(0, partners.browse(vals["partner_id"]).with_prefetch(partners.ids).name)
            filled["name"] = next(filter(None, known), self.env._("New request"))
        return filled

    # ------------------------------------------------------------
    # STAGES
    # ------------------------------------------------------------

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """The board of a funnel shows all stages of the funnel and no other; other boards only those in use."""
        rules = self.env["crm.team"]._get_funnel_rules()
        named = [self.env.context.get(key) for key in ("funnel_id", "default_team_id")]
        funnel = next((rules.funnels[team_id] for team_id in rules.funnels if team_id in named), None)
        if funnel:
            # rules are for everybody; of another company's funnel nobody sees the stages
            return stages.browse(funnel.stage_ids).sudo(False)._filtered_access("read") | stages
        found = super()._read_group_stage_ids(stages, domain)
        return found.filtered(lambda stage: stage in stages or not rules.is_funnel_stage(stage.id))

    def _stage_find(self, team_id=False, domain=None, order="sequence, id", limit=1):
        """A funnel has no part in the stages that teams without stages of their own share."""
        teams = self.team_id | self.env["crm.team"].browse(team_id or ())
        if any(teams.mapped("funnel_kind")):
            domain = [("team_ids", "in", teams.ids), *(domain or ())]
        return super()._stage_find(team_id, domain, order, limit)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_funnel_override(self):
        """Open the dialog in which a head of sales sends leads to a stage against the rules."""
        return self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_override_action")
