from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.lead_moves import GatePass


class FunnelListMoveMixin(models.AbstractModel):
    """A client whom this product does not fit goes to another list instead of being lost."""

    _name = "funnel.list.move.mixin"
    _description = "Lead that Goes to Another List"

    funnel_can_relist = fields.Boolean("May Go to Another List", compute="_compute_funnel_can_relist")

    @api.depends("funnel_list_id", "type", "won_status", "active", "user_id")
    @api.depends_context("uid")
    def _compute_funnel_can_relist(self):
        work = self.filtered(lambda lead: lead._is_list_work())
        editable = work._origin._filtered_access("write")
        for lead in self:
            lead.funnel_can_relist = lead in work and lead._origin in editable

    def _is_list_work(self):
        """Tell whether this lead of a list is still to be processed."""
        return bool(self.funnel_list_id and self.type == "lead" and self.active and self.won_status == "pending")

    def action_funnel_relist(self):
        """Open the dialog in which leads go to another list."""
        return {
            **self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_list_move_action"),
            "context": {"default_lead_ids": self.ids},
        }

    def funnel_move_to_list(self, list_id, note):
        """Move leads to another list: to the first stage of its funnel, for its salespeople.

        They are not processed in the list that they leave, which keeps count of them.

        :param int list_id: the id of the list
        :param str note: why; it is kept in the chatter and in the stage history
        :raises AccessError: for leads that the user may not write and lists that the user may not see
        :raises UserError: for what is no unprocessed lead of a list or waits in a paused one, without a note
        """
        self.check_access("write")
        if not (isinstance(note, str) and note.strip()):
            raise UserError(self.env._("Write why the lead goes to another list: it is kept in the chatter."))
        target, note = self._get_target_list(list_id), note.strip()
        leads = self.filtered(lambda lead: lead.funnel_list_id != target)
        leads._check_can_relist()
        origins = {lead.id: lead.sudo().funnel_list_id for lead in leads}
        stage_id = self.env["crm.team"]._get_funnel_rules().funnels[target.team_id.id].first_stage_id
        gate_pass = GatePass(
            frozenset(leads.ids), stage_id, note, automatic=True, log_kind="relisted", begins_anew=True
        )
        leads.with_context(funnel_gate_pass=gate_pass).write(
            {"funnel_list_id": target.id, "team_id": target.team_id.id, "stage_id": stage_id, "user_id": False}
        )
        leads._note_past_lists({(lead_id, origin.id) for lead_id, origin in origins.items()})
        bodies = {
            lead_id: self.env._(
                "Moved from the list “%(origin)s” to “%(target)s”: %(note)s",
                origin=origin.name,
                target=target.name,
                note=note,
            )
            for lead_id, origin in origins.items()
        }
        leads.sudo()._message_log_batch(  # who has given a lead away may not write it any more
            bodies=bodies, author_id=self.env.user.partner_id.id
        )
        return True

    @api.model
    def _get_target_list(self, list_id):
        """Return the list a client names.

        :raises UserError: when it is not the id of a list in use that the user may see
        """
        if isinstance(list_id, int) and not isinstance(list_id, bool) and 0 < list_id < 2**31:
            target = self.env["funnel.list"].search([("id", "=", list_id)])
            if target.sudo().team_id.funnel_kind == "lead":
                return target
        raise UserError(self.env._("There is no list with the id %s.", list_id))

    def _check_can_relist(self):
        """Refuse leads that are in no list or processed, and those that nobody may get before the head resumes."""
        unfit = self.filtered(lambda lead: not lead._is_list_work())
        if unfit:
            raise UserError(
                self.env._(
                    "Only leads of a list that are not processed go to another one: %s.",
                    ", ".join(unfit.mapped("display_name")),
                )
            )
        waiting = self.sudo().filtered(
            lambda lead: lead.funnel_list_id.state == "paused" and not lead.user_id and not lead.funnel_can_override
        )
        if waiting and not self.env.su:
            raise UserError(waiting[0]._describe_paused_list())
