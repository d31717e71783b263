from odoo import fields, models
from odoo.tools import SQL


class FunnelCohortReport(models.Model):
    """One lead that came into a funnel, and what has become of it until now: the requests of a month, of a source."""

    _name = "funnel.cohort.report"
    _inherit = ["funnel.report.mixin"]
    _description = "Cohorts Analysis"
    _auto = False
    _depends = {
        "crm.lead": [
            *("first_funnel_id", "create_date", "team_id", "user_id", "source_id", "medium_id", "funnel_list_id"),
            *("company_id", "type", "won_status", "lost_reason_id", "expected_revenue"),
        ],
        "crm.team": ["funnel_kind", "company_id"],
        "crm.lost.reason": ["category"],
    }

    date = fields.Datetime("Came In On", readonly=True)
    team_id = fields.Many2one("crm.team", "First Funnel", readonly=True)
    present_team_id = fields.Many2one("crm.team", "Present Funnel", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True, help="Who is responsible for the lead now.")
    source_id = fields.Many2one("utm.source", readonly=True)
    medium_id = fields.Many2one("utm.medium", "Intake Form", readonly=True)
    funnel_list_id = fields.Many2one("funnel.list", "Cold List", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    lead_count = fields.Integer("Leads Received", readonly=True)
    converted_count = fields.Integer(
        "Became Deals", readonly=True, help="Leads of a funnel of leads that are deals now."
    )
    won_count = fields.Integer("Deals Won", readonly=True)
    refusal_count = fields.Integer("Refused", readonly=True)
    junk_count = fields.Integer("Junk Leads", readonly=True)
    pending_count = fields.Integer("Under Way", readonly=True)
    won_share = fields.Float("Share Won", aggregator="avg", readonly=True)
    junk_share = fields.Float("Share of Junk", aggregator="avg", readonly=True)
    won_amount = fields.Monetary("Amount Won", readonly=True, help="The expected revenue of the deals that were won.")

    def _select(self):
        return SQL(
            """lead.id, lead.id AS lead_id, lead.create_date AS date, lead.first_funnel_id AS team_id,
               lead.team_id AS present_team_id, lead.user_id, lead.source_id, lead.medium_id, lead.funnel_list_id,
               company.currency_id,
               1 AS lead_count,
               (lead.type = 'opportunity' AND first.funnel_kind = 'lead')::int AS converted_count,
               (lead.won_status = 'won')::int AS won_count,
               (lead.won_status = 'lost' AND reason.category IS DISTINCT FROM 'junk')::int AS refusal_count,
               (lead.won_status = 'lost' AND reason.category IS NOT DISTINCT FROM 'junk')::int AS junk_count,
               (lead.won_status = 'pending')::int AS pending_count,
               (lead.won_status = 'won')::int::float AS won_share,
               (lead.won_status = 'lost' AND reason.category IS NOT DISTINCT FROM 'junk')::int::float AS junk_share,
               CASE WHEN lead.won_status = 'won' THEN COALESCE(lead.expected_revenue, 0) ELSE 0 END AS won_amount"""
        )

    def _from(self):
        return SQL(
            """crm_lead AS lead
               LEFT JOIN crm_team AS first ON first.id = lead.first_funnel_id
               LEFT JOIN crm_lost_reason AS reason ON reason.id = lead.lost_reason_id
               LEFT JOIN res_company AS company ON company.id = COALESCE(lead.company_id, first.company_id)"""
        )

    def _where(self):
        return SQL("lead.first_funnel_id IS NOT NULL")
