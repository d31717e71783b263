from odoo import fields, models
from odoo.tools import SQL


class FunnelCheckReport(models.Model):
    """One time that a deal came into a stage where a refused approval loses deals, and whether it was blocked there.

    A deal that is lost there and reopened in the same stage has come in once: what became of it last counts.
    """

    _name = "funnel.check.report"
    _inherit = ["funnel.report.mixin"]
    _description = "Checks Analysis"
    _auto = False
    _depends = {
        "funnel.move": [
            *("lead_id", "kind", "date", "from_stage_id", "to_stage_id", "to_team_id", "lost_reason_id", "outcome"),
        ],
        "funnel.task.template": ["kind", "stage_id", "lost_reason_id"],
        "crm.lead": [
            *("user_id", "company_id", "won_status", "lost_reason_id"),
            *("contract_amount", "preliminary_amount", "expected_revenue"),
        ],
    }

    lead_id = fields.Many2one("crm.lead", "Deal", readonly=True)
    date = fields.Datetime("Entered On", readonly=True)
    team_id = fields.Many2one("crm.team", "Funnel", readonly=True)
    stage_id = fields.Many2one("crm.stage", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    lost_reason_id = fields.Many2one("crm.lost.reason", "Blocked For", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    entered_count = fields.Integer("Entered", readonly=True)
    blocked_count = fields.Integer("Blocked Deals", readonly=True)
    amount = fields.Monetary(
        readonly=True, help="The amount of the contract; without one the estimate, or else the expected revenue."
    )
    blocked_amount = fields.Monetary(readonly=True)
    blocked_share = fields.Float(
        "Share Blocked", aggregator="avg", readonly=True, help="Of all that came into the stage."
    )

    def _select(self):
        return SQL(
            """entry.id, entry.lead_id, entry.date, entry.to_team_id AS team_id, entry.to_stage_id AS stage_id,
               lead.user_id, company.currency_id, %(amount)s AS amount, blocked.reason_id AS lost_reason_id,
               1 AS entered_count,
               (blocked.reason_id IS NOT NULL)::int AS blocked_count,
               (blocked.reason_id IS NOT NULL)::int::float AS blocked_share,
               CASE WHEN blocked.reason_id IS NOT NULL THEN lost.amount ELSE 0 END AS blocked_amount""",
            amount=self._select_amount("lead"),
        )

    @staticmethod
    def _select_amount(alias):
        """Return the expression of the amount of a deal."""
        return SQL(
            """COALESCE(NULLIF(%(lead)s.contract_amount, 0), NULLIF(%(lead)s.preliminary_amount, 0),
                        %(lead)s.expected_revenue, 0)""",
            lead=SQL.identifier(alias),
        )

    def _from(self):
        return SQL(
            """funnel_move AS entry
               LEFT JOIN crm_lead AS lead ON lead.id = entry.lead_id
               LEFT JOIN crm_team AS team ON team.id = entry.to_team_id
               LEFT JOIN res_company AS company ON company.id = COALESCE(lead.company_id, team.company_id)
               -- most deals were not lost from there: only of the others have deal and log to be read
               CROSS JOIN LATERAL (
                   SELECT entry.outcome IS NULL OR entry.outcome IN ('lost', 'won') AS is_asked) AS maybe
               LEFT JOIN LATERAL (
                   SELECT deal.won_status, deal.lost_reason_id, %(amount)s AS amount FROM crm_lead AS deal
                    WHERE maybe.is_asked AND deal.id = entry.lead_id LIMIT 1) AS lost ON TRUE
               -- how the deal went on to another stage, if it has
               LEFT JOIN LATERAL (
                   SELECT later.date, later.id FROM funnel_move AS later
                    WHERE maybe.is_asked AND later.lead_id = entry.lead_id
                      AND (later.date, later.id) > (entry.date, entry.id)
                      AND later.from_stage_id IS DISTINCT FROM later.to_stage_id
                    ORDER BY later.date, later.id LIMIT 1) AS leave ON TRUE
               -- how it was closed last while it was in the stage
               LEFT JOIN LATERAL (
                   SELECT later.kind, later.lost_reason_id FROM funnel_move AS later
                    WHERE maybe.is_asked AND later.lead_id = entry.lead_id
                      AND (later.date, later.id) > (entry.date, entry.id)
                      AND (leave.id IS NULL OR (later.date, later.id) < (leave.date, leave.id))
                      AND later.kind IN ('lost', 'reopened')
                    ORDER BY later.date DESC, later.id DESC LIMIT 1) AS ending ON TRUE
               LEFT JOIN LATERAL (
                   SELECT template.lost_reason_id AS reason_id FROM funnel_task_template AS template
                    WHERE template.stage_id = entry.to_stage_id AND template.kind = 'approval'
                      AND ending.kind = 'lost'
                      -- what the reason was corrected to counts as long as the deal is lost
                      AND template.lost_reason_id = CASE WHEN leave.id IS NULL AND lost.won_status = 'lost'
                                                         THEN lost.lost_reason_id ELSE ending.lost_reason_id END
                    LIMIT 1) AS blocked ON TRUE""",
            amount=self._select_amount("deal"),
        )

    def _where(self):
        return SQL(
            # an array, so that only the entries into these stages are read
            """entry.from_stage_id IS DISTINCT FROM entry.to_stage_id AND entry.to_stage_id = ANY(ARRAY(
                   SELECT template.stage_id FROM funnel_task_template AS template
                    WHERE template.kind = 'approval' AND template.lost_reason_id IS NOT NULL))"""
        )
