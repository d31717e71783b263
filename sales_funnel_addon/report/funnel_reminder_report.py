from odoo import fields, models
from odoo.tools import SQL


class FunnelReminderReport(models.Model):
    """One reminder that one person has got, for counting: who has to be reminded, and what stays open."""

    _name = "funnel.reminder.report"
    _inherit = ["funnel.report.mixin"]
    _description = "Reminders Analysis"
    _auto = False
    _depends = {
        "funnel.delivery": ["lead_id", "timer_id", "reminder_id", "user_id", "date", "state"],
        "funnel.timer": ["escalated"],
        "crm.lead": ["team_id", "stage_id", "user_id", "source_id", "funnel_list_id"],
    }

    date = fields.Datetime("Sent On", readonly=True)
    user_id = fields.Many2one("res.users", "To", readonly=True)
    reminder_id = fields.Many2one("funnel.reminder", readonly=True)
    team_id = fields.Many2one("crm.team", "Funnel", readonly=True)
    stage_id = fields.Many2one("crm.stage", "Present Stage", readonly=True)
    lead_user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    funnel_list_id = fields.Many2one("funnel.list", "Cold List", readonly=True)
    state = fields.Selection(
        lambda self: self.env["funnel.delivery"]._fields["state"]._description_selection(self.env), readonly=True
    )
    told_count = fields.Integer("Reminders Received", readonly=True)
    open_count = fields.Integer("Not Acted On", readonly=True, help="The lead is where it was when the reminder came.")
    escalated_count = fields.Integer("About Colleagues", readonly=True, help="Reminders of leads of somebody else.")
    failed_count = fields.Integer("Not Delivered", readonly=True)

    def _select(self):
        return SQL(
            """delivery.id, delivery.lead_id, delivery.date, delivery.user_id, delivery.reminder_id, delivery.state,
               lead.team_id, lead.stage_id, lead.user_id AS lead_user_id, lead.source_id, lead.funnel_list_id,
               (delivery.state IN ('sent', 'pending'))::int AS told_count,
               COALESCE(timer.escalated, FALSE)::int AS open_count,
               (lead.user_id IS DISTINCT FROM delivery.user_id)::int AS escalated_count,
               (delivery.state IN ('failed', 'dropped'))::int AS failed_count"""
        )

    def _from(self):
        return SQL(
            """funnel_delivery AS delivery
               LEFT JOIN crm_lead AS lead ON lead.id = delivery.lead_id
               LEFT JOIN funnel_timer AS timer ON timer.id = delivery.timer_id"""
        )
