from itertools import compress

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools import chains

#: What only the engine writes: with it goes what a card is said to come from.
CHAIN_LINKS = frozenset({"funnel_origin_id", "funnel_chain_id", "funnel_chain_position"})


class FunnelChainMixin(models.AbstractModel):
    """The chain of a card: the deal from which it was handed over, and the cards that were handed over from it."""

    _name = "funnel.chain.mixin"
    _description = "Chain of Cards"

    funnel_origin_id = fields.Many2one(
        "crm.lead",
        "Handed Over From",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The won deal from which this card comes.",
    )
    funnel_origin_team_id = fields.Many2one(
        related="funnel_origin_id.team_id",
        string="Handed Over From the Funnel",
        help="Tells on the board where a card comes from: it has the title of the deal.",
    )
    funnel_chain_id = fields.Many2one(
        "crm.lead",
        "First Card of the Chain",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The card with which the chain begins; empty for a card that was not handed over and hands over nothing.",
    )
    funnel_chain_position = fields.Integer(
        "Position in the Chain", copy=False, readonly=True, help="Which card of its chain it is; 0 for a card without."
    )
    funnel_card_ids = fields.One2many("crm.lead", "funnel_origin_id", "Cards Handed Over", readonly=True)
    funnel_chain = fields.Json("Chain of Cards", compute="_compute_funnel_chain")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("funnel_chain_id", "stage_id", "won_status", "active", "user_id")
    @api.depends_context("uid", "lang")
    def _compute_funnel_chain(self):
        """Tell the way of each card from the first contact on; little is said of cards that the reader may not see."""
        by_chain = self._get_chain_cards().grouped("funnel_chain_id")
        if not by_chain:
            self.funnel_chain = []
            return
        readable = self.browse(card.id for cards in by_chain.values() for card in cards)._filtered_access("read")
        for lead in self:
            cards = by_chain.get(lead.sudo().funnel_chain_id, ())
            lead.funnel_chain = [card._describe_chain_card(card.sudo(False) in readable) for card in cards]

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        for lead in self._browse_found(compress(self._ids, self._get_stored("funnel_origin_id"))):
            # its name tells nothing, and a funnel of another company would close the whole board
            told[lead.id]["origin"] = lead.sudo().funnel_origin_team_id.display_name or ""
        return told

    def _get_chain_cards(self):
        """Return all cards of the chains of these leads in order, as superuser."""
        # whoever sees one card may know that there are others; what of them is told is decided where it is told
        leads = self._origin.sudo()
        if not leads.funnel_chain_id:
            return leads.browse()
        leads = leads.with_context(active_test=False)
        return leads.search([("funnel_chain_id", "in", leads.funnel_chain_id.ids)], order="id")

    def _describe_chain_card(self, is_readable):
        """Return what the strip on the form tells of this card, which is read as superuser."""
        rules = self.env["crm.team"]._get_funnel_rules()
        state = self.won_status if self.active or self.won_status == "lost" else "archived"
        described = {
            "id": self.id,
            "funnel": self.team_id.name or "",
            "state": state or "pending",
            "position": self.funnel_chain_position,
            "is_readable": is_readable,
        }
        if is_readable:
            described.update(
                name=self.name,
                stage=rules.text("crm.stage", self.stage_id.id, self.env.lang) or self.stage_id.name or "",
                user=self.user_id.name or "",
                start=fields.Datetime.to_string(self.create_date),
                end=fields.Datetime.to_string(self.date_closed) if state in ("won", "lost") else False,
            )
        return described

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.model
    def _add_missing_default_values(self, values):
        # also what comes as a default, from the context or from the user's own ones
        values = super()._add_missing_default_values(values)
        self._check_chain_links({name for name in CHAIN_LINKS if values.get(name)})
        return values

    def write(self, vals):
        self._check_chain_links(vals)
        return super().write(vals)

    @api.model
    def _check_chain_links(self, names):
        if not (self.env.su or CHAIN_LINKS.isdisjoint(names)):
            raise AccessError(self.env._("What a card was handed over from is noted by the funnel itself."))

    def unlink(self):
        """What was handed over from a card that is deleted goes on as handed over from what comes before it."""
        gone, cards = frozenset(self.ids), self._get_chain_cards()
        origins = {card.id: card.funnel_origin_id.id for card in cards}
        result = super().unlink()
        if origins:
            cards._link_chains(chains.without(origins, gone))
        return result

    # ------------------------------------------------------------
    # LINKS
    # ------------------------------------------------------------

    @api.model
    def _link_chains(self, origins):
        """Write where cards come from and in which chain they stand, in one statement.

        :param dict origins: the id of the origin of each card, by id
        """
        if not origins:
            return
        first, positions = chains.roots(origins), chains.positions(origins)
        rows = SQL(", ").join(
            SQL("(%s, %s::integer, %s::integer, %s)", card, origin or None, first[card], positions[card])
            for card, origin in origins.items()
        )
        leads = self.browse(origins)
        leads.flush_recordset()
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead SET funnel_origin_id = link.origin_id, funnel_chain_id = link.chain_id,
                          funnel_chain_position = link.position
                     FROM (VALUES %s) AS link (lead_id, origin_id, chain_id, position)
                    WHERE crm_lead.id = link.lead_id""",
                rows,
            )
        )
        self.env["crm.lead"].invalidate_model([*CHAIN_LINKS, "funnel_card_ids", "funnel_chain"], flush=False)

    def _merge_dependences(self, opportunities):
        """What was handed over from any of the merged deals was handed over from the one that stays."""
        cards = (self + opportunities)._get_chain_cards()
        if cards:
            origins = {lead.id: False for lead in self + opportunities}
            origins.update({card.id: card.funnel_origin_id.id for card in cards})
            merged = chains.merged(origins, self.id, frozenset(opportunities.ids))
            # first of all out of the chain, so that deleting them takes nothing along
            self._link_chains({**merged, **dict.fromkeys(opportunities.ids, False)})
        return super()._merge_dependences(opportunities)
