from odoo import fields, models
from odoo.tools import SQL


class FunnelChainReport(models.Model):
    """One card of a chain: the way of a client from the first contact over the sale to what follows it.

    A card that was never handed over is a chain of one. The amount stands on the card of the sale only, so that no sum
    counts it twice.
    """

    _name = "funnel.chain.report"
    _inherit = ["funnel.report.mixin"]
    _description = "Business Process Analysis"
    _auto = False
    _order = "chain_id desc, position, id"
    _depends = {
        "crm.lead": [
            *("funnel_chain_id", "funnel_chain_position", "funnel_origin_id", "team_id", "stage_id", "user_id"),
            *("partner_id", "product_type_id", "won_status", "create_date", "date_closed"),
            *("contract_amount", "preliminary_amount", "expected_revenue", "company_id"),
        ],
        "crm.team": ["funnel_kind", "company_id"],
    }

    lead_id = fields.Many2one("crm.lead", "Card", readonly=True)
    chain_id = fields.Many2one("crm.lead", readonly=True, help="The card with which the chain begins.")
    is_handed_over = fields.Boolean("In a Chain of Several Cards", readonly=True)
    position = fields.Integer(
        readonly=True, aggregator="max", help="How many cards lie between it and the first, plus 1."
    )
    team_id = fields.Many2one("crm.team", "Funnel", readonly=True)
    funnel_kind = fields.Selection(
        lambda self: self.env["crm.team"]._fields["funnel_kind"]._description_selection(self.env),
        "Kind of Funnel",
        readonly=True,
    )
    stage_id = fields.Many2one("crm.stage", readonly=True)
    won_status = fields.Selection([("won", "Won"), ("lost", "Lost"), ("pending", "Open")], "State", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    partner_id = fields.Many2one("res.partner", "Client", readonly=True)
    product_type_id = fields.Many2one("funnel.option", readonly=True, help="That of the card, or else of the sale.")
    currency_id = fields.Many2one("res.currency", readonly=True)
    start_date = fields.Datetime("Start", readonly=True)
    end_date = fields.Datetime("End", readonly=True)
    duration = fields.Float(
        "Duration (days)", aggregator="avg", readonly=True, help="From start to end; of an open card, up to now."
    )
    first_contact_date = fields.Datetime(readonly=True, help="When the chain began.")
    sale_date = fields.Datetime("Sold On", readonly=True, help="When the first deal of the chain was won.")
    days_to_sale = fields.Float("Days to the Sale", aggregator="avg", readonly=True, help="Since the first contact.")
    amount = fields.Monetary(
        "Amount of the Sale",
        readonly=True,
        help="Of won deals: the amount of the contract; without one the estimate, or else the expected revenue.",
    )

    def _select(self):
        return SQL(
            """card.id, card.id AS lead_id, COALESCE(card.funnel_chain_id, card.id) AS chain_id,
               card.funnel_chain_id IS NOT NULL AS is_handed_over,
               GREATEST(card.funnel_chain_position, 1) AS position,
               card.team_id, team.funnel_kind, card.stage_id, card.won_status, card.user_id, card.partner_id,
               COALESCE(card.product_type_id, sale.product_type_id) AS product_type_id, company.currency_id,
               card.create_date AS start_date, ending.date AS end_date,
               EXTRACT(EPOCH FROM COALESCE(ending.date, now() AT TIME ZONE 'UTC') - card.create_date) / 86400
                   AS duration,
               COALESCE(first.create_date, card.create_date) AS first_contact_date, sale.date AS sale_date,
               CASE WHEN card.id = sale.card_id
                    THEN EXTRACT(EPOCH FROM sale.date - COALESCE(first.create_date, card.create_date)) / 86400
                    END AS days_to_sale,
               CASE WHEN card.won_status = 'won' AND team.funnel_kind = 'deal'
                    THEN COALESCE(NULLIF(card.contract_amount, 0), NULLIF(card.preliminary_amount, 0),
                                  card.expected_revenue, 0) ELSE 0 END AS amount"""
        )

    def _from(self):
        return SQL(
            """crm_lead AS card
               JOIN crm_team AS team ON team.id = card.team_id
               LEFT JOIN res_company AS company ON company.id = COALESCE(card.company_id, team.company_id)
               LEFT JOIN crm_lead AS first ON first.id = card.funnel_chain_id
               CROSS JOIN LATERAL (
                   SELECT CASE WHEN card.won_status IN ('won', 'lost') THEN card.date_closed END AS date) AS ending
               -- one scan for all chains, not a look at the chain for each of its cards
               LEFT JOIN (
                   SELECT DISTINCT ON (COALESCE(won.funnel_chain_id, won.id))
                          COALESCE(won.funnel_chain_id, won.id) AS chain_id, won.id AS card_id,
                          won.date_closed AS date, won.product_type_id
                     FROM crm_lead AS won JOIN crm_team ON crm_team.id = won.team_id
                    WHERE won.won_status = 'won' AND crm_team.funnel_kind = 'deal'
                    ORDER BY COALESCE(won.funnel_chain_id, won.id), won.date_closed, won.id) AS sale
                 ON sale.chain_id = COALESCE(card.funnel_chain_id, card.id)"""
        )

    def _where(self):
        return SQL("team.funnel_kind IS NOT NULL")
