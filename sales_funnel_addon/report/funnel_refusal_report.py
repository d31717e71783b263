from odoo import fields, models
from odoo.tools import SQL


class FunnelRefusalReport(models.Model):
    """One refusal and what came of its check, for counting: who needs training in what.

    Junk is no refusal, so what turned out to be junk is not here. Refusals outside the sample count as refusals, but
    not among those that were checked.
    """

    _name = "funnel.refusal.report"
    _inherit = ["funnel.report.mixin"]
    _description = "Refusals Analysis"
    _auto = False
    _depends = {
        "funnel.refusal": [
            *("lead_id", "date", "user_id", "team_id", "stage_id", "lost_reason_id", "state", "closing"),
            *("cause_id", "controller_id", "verdict_date"),
        ]
    }

    date = fields.Datetime("Lost On", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", "Funnel", readonly=True)
    stage_id = fields.Many2one("crm.stage", "Stage at the Loss", readonly=True)
    lost_reason_id = fields.Many2one("crm.lost.reason", "Reason", readonly=True)
    state = fields.Selection(
        lambda self: self.env["funnel.refusal"]._fields["state"]._description_selection(self.env), readonly=True
    )
    cause_id = fields.Many2one("funnel.refusal.cause", readonly=True)
    controller_id = fields.Many2one("res.users", "Checked By", readonly=True)
    refusal_count = fields.Integer("Refusals", readonly=True)
    checked_count = fields.Integer("Checked", readonly=True)
    returned_count = fields.Integer("Returned", readonly=True)
    returned_share = fields.Float(
        "Share Returned",
        aggregator="avg",
        readonly=True,
        help="How many of the checked refusals were returned. What is still to check does not count.",
    )
    hours_to_verdict = fields.Float(
        "Hours to the Verdict", aggregator="avg", readonly=True, help="Calendar hours from the loss to the verdict."
    )

    def _select(self):
        return SQL(
            """review.id, review.lead_id, review.date, review.user_id, review.team_id, review.stage_id,
               review.lost_reason_id, review.state, review.cause_id, review.controller_id,
               1 AS refusal_count,
               (review.state IN ('verified', 'returned'))::int AS checked_count,
               (review.state = 'returned')::int AS returned_count,
               CASE WHEN review.state IN ('verified', 'returned')
                    THEN (review.state = 'returned')::int::float END AS returned_share,
               EXTRACT(EPOCH FROM review.verdict_date - review.date) / 3600 AS hours_to_verdict"""
        )

    def _from(self):
        return SQL("funnel_refusal AS review")

    def _where(self):
        return SQL("review.closing IS DISTINCT FROM 'junk'")
