from odoo import fields, models
from odoo.tools import SQL

from ..models.crm_lost_reason import LOSS_CATEGORIES


class FunnelLossReport(models.Model):
    """One loss of a lead, refusal or junk.

    What the reason was corrected to counts as long as the lead is lost; a lead that was reopened and lost again was
    lost twice.
    """

    _name = "funnel.loss.report"
    _inherit = ["funnel.report.mixin"]
    _description = "Losses Analysis"
    _auto = False
    _depends = {
        "funnel.move": ["lead_id", "kind", "date", "left_date", "to_team_id", "to_stage_id", "lost_reason_id"],
        "crm.lead": [
            *("user_id", "source_id", "medium_id", "funnel_list_id", "company_id", "expected_revenue"),
            *("won_status", "lost_reason_id", "lost_comment"),
        ],
        "crm.lost.reason": ["category"],
    }

    date = fields.Datetime("Lost On", readonly=True)
    team_id = fields.Many2one("crm.team", "Funnel", readonly=True)
    stage_id = fields.Many2one("crm.stage", "Stage at the Loss", readonly=True)
    lost_reason_id = fields.Many2one("crm.lost.reason", "Reason", readonly=True)
    category = fields.Selection(LOSS_CATEGORIES, readonly=True)
    is_standing = fields.Boolean("Still Lost", readonly=True, help="The lead has not been reopened since.")
    has_comment = fields.Boolean("With Comment", readonly=True, help="Known as long as the lead is lost.")
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True, help="Who is responsible for the lead now.")
    source_id = fields.Many2one("utm.source", readonly=True)
    medium_id = fields.Many2one("utm.medium", "Intake Form", readonly=True)
    funnel_list_id = fields.Many2one("funnel.list", "Cold List", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    loss_count = fields.Integer("Losses", readonly=True)
    refusal_count = fields.Integer("Lost as Refusals", readonly=True)
    junk_count = fields.Integer("Lost as Junk", readonly=True)
    amount = fields.Monetary("Lost Amount", readonly=True, help="The expected revenue of the deal.")

    def _select(self):
        return SQL(
            """move.id, move.lead_id, move.date, move.to_team_id AS team_id, move.to_stage_id AS stage_id,
               reason.id AS lost_reason_id, COALESCE(reason.category, 'refusal') AS category,
               standing.is_standing, standing.is_standing AND COALESCE(lead.lost_comment, '') != '' AS has_comment,
               lead.user_id, lead.source_id, lead.medium_id, lead.funnel_list_id, company.currency_id,
               1 AS loss_count,
               (reason.category IS DISTINCT FROM 'junk')::int AS refusal_count,
               (reason.category IS NOT DISTINCT FROM 'junk')::int AS junk_count,
               COALESCE(lead.expected_revenue, 0) AS amount"""
        )

    def _from(self):
        return SQL(
            """funnel_move AS move
               JOIN crm_lead AS lead ON lead.id = move.lead_id
               CROSS JOIN LATERAL (
                   SELECT move.left_date IS NULL AND lead.won_status = 'lost' AS is_standing) AS standing
               LEFT JOIN crm_lost_reason AS reason ON reason.id = CASE
                   WHEN standing.is_standing THEN lead.lost_reason_id ELSE move.lost_reason_id END
               LEFT JOIN crm_team AS team ON team.id = move.to_team_id
               LEFT JOIN res_company AS company ON company.id = COALESCE(lead.company_id, team.company_id)"""
        )

    def _where(self):
        return SQL("move.kind = 'lost'")
