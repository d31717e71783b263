from markupsafe import Markup
from odoo import models

from ..tools.lead_moves import GateBatch, LeadState


class FunnelConversionMixin(models.AbstractModel):
    """Conversion and merge: stock operations that write leads one by one, judged together in the end."""

    _name = "funnel.conversion.mixin"
    _description = "Conversion and Merge in Funnels"

    # ------------------------------------------------------------
    # CONVERSION
    # ------------------------------------------------------------

    def convert_opportunity(self, partner, user_ids=False, team_id=False):
        with self._gate_batch() as leads:
            leads._keep_answers()
            return super(FunnelConversionMixin, leads).convert_opportunity(partner, user_ids=user_ids, team_id=team_id)

    def _keep_answers(self):
        """Remember the answers to the questionnaires: each funnel has its own, and Odoo empties what a lead leaves."""
        leads = self.filtered(lambda lead: lead.team_id.deal_team_id and lead.lead_properties)
        answers = self.env.context["funnel_gate_batch"].answers
        for lead in leads:
            answers.setdefault(lead.id, lead._format_properties())

    def _log_answers(self, answers):
        """Put the answers that leads have left behind into their chatter.

        :param dict answers: what stock Odoo says of the properties, by lead id
        """
        bodies = {}
        for lead_id, items in answers.items():
            lines = Markup().join(
                Markup("<li>%s: %s</li>")
                % (item["label"], item.get("value") or ", ".join(value["name"] for value in item.get("values", ())))
                for item in items
            )
            if lines:
                bodies[lead_id] = Markup("<p>%s</p><ul>%s</ul>") % (
                    self.env._("Questionnaire before the conversion:"),
                    lines,
                )
        leads = self.browse(bodies).exists()
        leads._message_log_batch(bodies={lead.id: bodies[lead.id] for lead in leads})

    def _handle_partner_assignment(self, force_partner_id=False, create_missing=True, with_parent=None):
        """Judge a conversion before the lead gets a contact made of its own title: that contact proves nothing."""
        batch = self.env.context.get("funnel_gate_batch")
        if create_missing and not force_partner_id and isinstance(batch, GateBatch):
            batch.verdicts.update({i: verdict for i, verdict in batch.conversions.items() if i in self._ids})
        return super()._handle_partner_assignment(force_partner_id, create_missing, with_parent)

    def _judge_conversions(self):
        """Return the verdicts on converting those of the leads that have no contact and would not pass, by lead id."""
        leads = self.filtered(lambda lead: not lead.partner_id and lead.team_id.deal_team_id)
        verdicts = leads._judge_moves({lead.id: lead._get_conversion_state() for lead in leads})
        return {lead_id: verdict for lead_id, verdict in verdicts.items() if verdict.status != "ok"}

    def _get_conversion_state(self):
        """Return where the lead would stand after its conversion."""
        funnel = self.env["crm.team"]._get_funnel_rules().funnels[self.team_id.deal_team_id.id]
        return LeadState(funnel.id, funnel.first_stage_id, "opportunity", funnel.id, "pending")

    def _convert_opportunity_data(self, customer, team_id=False):
        """Converting a lead of a funnel moves it to the funnel of deals in the same write.

        The stage follows from the team, for all leads at once; written here it would cost the scoring of each.
        """
        values = super()._convert_opportunity_data(customer, team_id)
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        origin = funnels.get(self.team_id.id)
        if origin and origin.kind == "lead" and origin.deal_funnel_id:
            target = funnels.get(team_id) or funnels[origin.deal_funnel_id]
            values.update(team_id=target.id, date_last_stage_update=self.env.cr.now())
        return values

    # ------------------------------------------------------------
    # MERGE
    # ------------------------------------------------------------

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        """Merging into a funnel: stock Odoo would choose a stage that all teams share, so the team comes afterwards."""
        team_id = team_id or self._get_merge_team().id
        if team_id not in self.env["crm.team"]._get_funnel_rules().funnels:
            return super()._merge_opportunity(user_id, team_id, auto_unlink, max_length)
        with self._gate_batch() as leads:
            leads.env.context["funnel_gate_batch"].merge_team_id = team_id
            merged = super(FunnelConversionMixin, leads)._merge_opportunity(user_id, False, auto_unlink, max_length)
            if merged.team_id.id != team_id:
                home_id, stage_id = merged._get_resume_places()[merged.id]
                place = {"stage_id": stage_id} if home_id == team_id and stage_id else {}
                merged.write({"team_id": team_id, **place})
        return merged.with_env(self.env)

    def _get_merge_team(self):
        """Return the funnel in which these leads go on when they are merged, none if that is no funnel.

        Whoever has a deal that goes on does not want to wait with it, although another one was deferred.
        """
        head = self._sort_by_confidence_level(reverse=True)[:1]
        team = head.team_id
        going = self.filtered(lambda lead: lead._is_under_way() and lead.team_id.funnel_kind != "deferred")
        if team.funnel_kind == "deferred" and going:
            home_id, _stage_id = head._get_resume_places()[head.id]
            team = team.browse(home_id or going[0].team_id.id)
        return team.filtered("funnel_kind")

    def _sort_by_confidence_level(self, reverse=False):
        """In funnels a deal that goes on does not vanish in a lost one, however far that had come."""
        leads = super()._sort_by_confidence_level(reverse=reverse)
        if not any(leads.mapped("team_id.funnel_kind")):
            return leads
        batch = self.env.context.get("funnel_gate_batch")
        wanted_id = isinstance(batch, GateBatch) and batch.merge_team_id
        places = {lead.id: (lead.team_id.id, lead.stage_id.id) for lead in self} | self._get_standing_origins()
        return leads.sorted(lambda lead: lead._get_merge_rank(wanted_id, *places[lead.id]), reverse=reverse)

    def _get_merge_rank(self, wanted_id, home_id, stage_id):
        """Return by what leads are sorted into which others are merged, the better the greater.

        :param wanted_id: the id of the funnel that was chosen, if one was
        :param home_id: the id of the funnel where the lead is, or from which it was deferred
        :param stage_id: the id of its stage there, which says how far it has come
        """
        goes_on = self.won_status == "won" or (self.active and self.won_status == "pending")
        rank = (self.type == "opportunity", self.won_status == "won", goes_on)
        stage = self.env["crm.stage"].sudo().browse(stage_id)  # it may be another company's
        is_wanted = wanted_id in (self.team_id.id, home_id)
        return (*rank, is_wanted, stage.sequence, self.team_id.funnel_kind != "deferred")

    def _merge_dependences(self, opportunities):
        # the log is nobody's to write, yet it has to outlive the leads that a merge deletes
        opportunities.sudo().funnel_move_ids.write({"lead_id": self.id})
        self._follow_stays()
        opportunities.sudo().funnel_contact_ids.write({"lead_id": self.id})
        self._take_over_done_tasks(opportunities)
        self._take_over_fired_timers(opportunities)
        # the tasks that stay behind go with their leads; stock code would leave their activities on this one
        opportunities.sudo().funnel_task_ids.activity_ids.unlink()
        # those of reminders come along, but nobody may carry them over by hand
        reminded = opportunities.sudo().activity_ids.filtered("funnel_reminder_id")
        reminded.write({"res_id": self.id})
        opportunities.invalidate_recordset(["activity_ids"])
        return super()._merge_dependences(opportunities)

    def _take_over_done_tasks(self, opportunities):
        """What was done for the client stays done; what was approved was approved for another deal."""
        own = self.sudo().funnel_task_ids.template_id
        done = opportunities.sudo().funnel_task_ids.filtered(lambda task: task.kind == "todo" and task.state == "done")
        by_template = done.grouped("template_id")
        first = self.env["funnel.task"].sudo().concat(*(by_template[i][:1] for i in by_template if i not in own))
        first.write({"lead_id": self.id})

    def _merge_get_fields_specific(self):
        specific = super()._merge_get_fields_specific()
        specific["lost_comment"] = lambda fname, leads: leads[0][fname]
        return specific

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "preferred_channel"]
