from odoo import fields, models
from odoo.tools import SQL


class FunnelListReport(models.Model):
    """One lead of a list and what has become of it, for comparing lists and campaigns."""

    _name = "funnel.list.report"
    _inherit = ["funnel.report.mixin"]
    _description = "Lists Analysis"
    _auto = False
    _depends = {
        "crm.lead": [
            *("funnel_list_id", "funnel_list_outcome", "campaign_id", "source_id", "user_id", "team_id"),
            *("lost_reason_id", "create_date"),
        ],
        "funnel.list": ["product_id", "user_id", "campaign_id", "kind", "team_id"],
    }

    date = fields.Datetime("Created On", readonly=True)
    funnel_list_id = fields.Many2one("funnel.list", "Cold List", readonly=True)
    kind = fields.Selection(
        lambda self: self.env["funnel.list"]._fields["kind"]._description_selection(self.env), readonly=True
    )
    campaign_id = fields.Many2one("utm.campaign", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    product_id = fields.Many2one("product.template", readonly=True)
    owner_id = fields.Many2one("res.users", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    list_team_id = fields.Many2one("crm.team", "Funnel", readonly=True)
    outcome = fields.Selection(
        lambda self: self.env["crm.lead"]._fields["funnel_list_outcome"]._description_selection(self.env),
        readonly=True,
        help="Empty: not processed yet.",
    )
    lost_reason_id = fields.Many2one("crm.lost.reason", "Reason", readonly=True)
    lead_count = fields.Integer("Leads", readonly=True)
    processed_count = fields.Integer("Processed", readonly=True)
    refused_count = fields.Integer("Refusals", readonly=True)
    junk_count = fields.Integer("Junk", readonly=True)
    converted_count = fields.Integer("Became Deals", readonly=True)
    conversion = fields.Float(
        aggregator="avg", readonly=True, help="The share of processed leads that have become deals."
    )

    def _select(self):
        return SQL(
            """lead.id, lead.id AS lead_id, lead.create_date AS date, lead.funnel_list_id, list.kind,
               COALESCE(list.campaign_id, lead.campaign_id) AS campaign_id, lead.source_id, list.product_id,
               list.user_id AS owner_id, lead.user_id, list.team_id AS list_team_id,
               lead.funnel_list_outcome AS outcome, lead.lost_reason_id,
               1 AS lead_count,
               (lead.funnel_list_outcome IS NOT NULL)::int AS processed_count,
               (lead.funnel_list_outcome IS NOT DISTINCT FROM 'refused')::int AS refused_count,
               (lead.funnel_list_outcome IS NOT DISTINCT FROM 'junk')::int AS junk_count,
               (lead.funnel_list_outcome IS NOT DISTINCT FROM 'converted')::int AS converted_count,
               CASE WHEN lead.funnel_list_outcome IS NOT NULL
                    THEN (lead.funnel_list_outcome = 'converted')::int::float END AS conversion"""
        )

    def _from(self):
        return SQL("crm_lead AS lead JOIN funnel_list AS list ON list.id = lead.funnel_list_id")
