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
               COALESCE(blocked.amount, 0) AS blocked_amount""",
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
               LEFT JOIN LATERAL (
                   SELECT template.lost_reason_id AS reason_id, %(amount)s AS amount
                     FROM crm_lead AS deal
                     -- how the deal went on to another stage, if it has
                     LEFT JOIN LATERAL (
                         SELECT later.date, later.id FROM funnel_move AS later
                          WHERE later.lead_id = entry.lead_id AND (later.date, later.id) > (entry.date, entry.id)
                            AND later.from_stage_id IS DISTINCT FROM later.to_stage_id
                          ORDER BY later.date, later.id LIMIT 1) AS leave ON TRUE
                     -- how it was closed last while it was in the stage
                     CROSS JOIN LATERAL (
                         SELECT later.kind, later.lost_reason_id FROM funnel_move AS later
                          WHERE later.lead_id = entry.lead_id AND (later.date, later.id) > (entry.date, entry.id)
                            AND (leave.id IS NULL OR (later.date, later.id) < (leave.date, leave.id))
                            AND later.kind IN ('lost', 'reopened')
                          ORDER BY later.date DESC, later.id DESC LIMIT 1) AS ending
                     JOIN funnel_task_template AS template
                       ON template.stage_id = entry.to_stage_id AND template.kind = 'approval'
                      -- what the reason was corrected to counts as long as the deal is lost
                      AND template.lost_reason_id = CASE WHEN leave.id IS NULL AND deal.won_status = 'lost'
                                                         THEN deal.lost_reason_id ELSE ending.lost_reason_id END
                    -- most deals were not lost from there: only of the others have deal and log to be read
                    WHERE (entry.outcome IS NULL OR entry.outcome IN ('lost', 'won'))
                      AND deal.id = entry.lead_id AND ending.kind = 'lost'
                    LIMIT 1) AS blocked ON TRUE""",
            amount=self._select_amount("deal"),
        )

    def _where(self):
        # named, not looked up by the statement: the database has to know beforehand how few entries they are
        Template = self.env["funnel.task.template"].sudo().with_context(active_test=False)
        checks = Template._read_group([("kind", "=", "approval"), ("lost_reason_id", "!=", False)], ["stage_id"])
        return SQL(
            "entry.from_stage_id IS DISTINCT FROM entry.to_stage_id AND entry.to_stage_id = ANY(%s::integer[])",
            [stage.id for (stage,) in checks],
        )
