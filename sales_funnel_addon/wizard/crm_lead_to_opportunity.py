from odoo import api, fields, models

from ..tools.lead_moves import RepeatPass


class CrmLead2opportunityPartner(models.TransientModel):
    """The dialog *Convert*: a lead of a funnel goes to the funnel that its own funnel names."""

    _inherit = "crm.lead2opportunity.partner"

    repeat_summary = fields.Text("Known Before", compute="_compute_repeat_summary")
    repeat_colleagues = fields.Char("Colleagues", compute="_compute_repeat_summary")
    repeat_policy = fields.Selection(
        [("warn", "Confirm"), ("ask", "Ask")], "What Is Needed", compute="_compute_repeat_summary"
    )
    repeat_acknowledged = fields.Boolean("I know that a colleague has worked with this client")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "crm.lead":
            leads = self.env["crm.lead"].browse(self.env.context.get("active_ids") or self.env.context.get("active_id"))
            if any(leads.mapped("team_id.funnel_kind")):
                # a list of leads has its own funnel for a default: there they are, not where they go
                values.pop("team_id", None)
        return values

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    def _compute_name(self):
        """A known client gets another deal; into one of theirs a request is merged on purpose, never by default."""
        for wizard in self.filtered("lead_id.team_id.funnel_kind"):
            wizard.name = wizard.name or "convert"
        return super()._compute_name()

    def _compute_team_id(self):
        result = super()._compute_team_id()
        self._set_team_of_funnel("lead_id")
        return result

    def _get_shown_leads(self):
        """Return the leads that the dialog tells of."""
        return self.lead_id

    @api.depends("lead_id")
    @api.depends_context("uid", "lang")
    def _compute_repeat_summary(self):
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        for wizard in self:
            leads = wizard._get_shown_leads()
            repeat = leads.filtered("repeat_summary")
            lines = [
                f"{lead.name}: {lead.repeat_summary}" if len(leads) > 1 else lead.repeat_summary for lead in repeat
            ]
            # what this user may do anyway needs no confirmation
            asking = repeat.filtered(
                lambda lead: (
                    lead.repeat_is_foreign
                    and lead.type == "lead"
                    and lead.team_id.id in funnels
                    and not lead._may_convert_repeat_client(funnels[lead.team_id.id])
                )
            )
            policies = {funnels[lead.team_id.id].repeat_policy for lead in asking}
            wizard.repeat_summary = "\n".join(lines)
            names = dict.fromkeys(filter(None, repeat.mapped("repeat_colleagues")))
            wizard.repeat_colleagues = ", ".join(names)
            wizard.repeat_policy = "ask" if "ask" in policies else "warn" if "warn" in policies else False

    def _set_team_of_funnel(self, leads_field):
        """Choose the funnel of deals, if all leads of the dialog convert into the same one."""
        for wizard in self:
            target = wizard[leads_field].team_id.deal_team_id
            if len(target) == 1:
                wizard.team_id = target

    # ------------------------------------------------------------
    # CONVERSION
    # ------------------------------------------------------------

    def _convert_and_allocate(self, leads, user_ids, team_id=False):
        """Stock Odoo converts lead by lead; the gate judges them together and names all that do not pass."""
        confirmed = self._get_shown_leads().ids if self.repeat_acknowledged else ()
        # whatever a client has put into the context does not count
        leads = leads.with_context(funnel_repeat_pass=RepeatPass(frozenset(confirmed)))
        known = leads.filtered(lambda lead: lead.id in confirmed and lead.repeat_is_foreign)
        with leads._gate_batch() as batched:
            batch = batched.env.context["funnel_gate_batch"]
            batch.conversions = leads._judge_conversions()
            batch.partners = leads._find_partners_of_funnels()
            result = super()._convert_and_allocate(batched, user_ids, team_id=team_id)
        if known:
            note = self.env._("Converted, knowing that a colleague has worked with this client.")
            known._message_log_batch(bodies=dict.fromkeys(known.ids, note))
        return result


class CrmLead2opportunityPartnerMass(models.TransientModel):
    """The same for several leads at once."""

    _inherit = "crm.lead2opportunity.partner.mass"

    def _compute_team_id(self):
        result = super()._compute_team_id()
        self._set_team_of_funnel("lead_tomerge_ids")
        return result

    def _get_shown_leads(self):
        return self.lead_tomerge_ids

    @api.depends("lead_tomerge_ids")
    def _compute_repeat_summary(self):
        return super()._compute_repeat_summary()
