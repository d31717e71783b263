from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..tools.funnel_rules import HandoverRequirement
from ..tools.lead_moves import LeadState


class FunnelHandoverMixin(models.AbstractModel):
    """Hand-over: a deal that is won makes a card in one of the funnels that its own funnel names.

    Every path to *won* ends in the gate, and that is where cards are made, for a whole batch at once. A deal has one
    card in a funnel, however often it is won; only where that card was lost or deleted, winning again makes another.
    """

    _name = "funnel.handover.mixin"
    _description = "Hand-over of Won Deals"

    funnel_handover_team_id = fields.Many2one(
        "crm.team",
        "Hand Over To",
        copy=False,
        ondelete="set null",
        tracking=True,
        domain="[('id', 'in', funnel_handover_choice_ids)]",
        help="In which funnel winning this deal makes a card. Empty: in the only one to which its funnel hands over.",
    )
    funnel_handover_choice_ids = fields.Many2many(
        "crm.team",
        string="Can Be Handed Over To",
        compute="_compute_funnel_handover_choice_ids",
        help="The funnels to which its own hands over and in which there is no card of this deal yet.",
    )
    funnel_can_hand_over = fields.Boolean("May Be Handed Over", compute="_compute_funnel_handover_choice_ids")
    funnel_has_handover_choice = fields.Boolean(
        "Has a Choice of Funnels", compute="_compute_funnel_handover_choice_ids"
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("team_id", "company_id", "won_status", "active", "funnel_card_ids")
    def _compute_funnel_handover_choice_ids(self):
        targets = {lead: lead._get_usable_handovers() for lead in self}
        cards = self._origin._get_handed_over() if any(targets.values()) else ()
        for lead, usable in targets.items():
            left = [team_id for team_id in usable if (lead._origin.id, team_id) not in cards]
            teams = self.env["crm.team"].browse(left)
            lead.funnel_handover_choice_ids = teams._filtered_access("read") if left else False
            lead.funnel_can_hand_over = bool(left) and lead.active and lead.won_status == "won"
            lead.funnel_has_handover_choice = len(left) > 1

    @api.constrains("funnel_handover_team_id")
    def _check_funnel_handover_team_id(self):
        for lead in self.filtered("funnel_handover_team_id"):
            if lead.funnel_handover_team_id.id not in lead._get_handovers():
                raise ValidationError(
                    self.env._(
                        "“%(lead)s”: deals of “%(funnel)s” are not handed over to “%(target)s”.",
                        lead=lead.name,
                        funnel=lead.team_id.name or "",
                        target=lead.funnel_handover_team_id.sudo().name,
                    )
                )

    # ------------------------------------------------------------
    # PUBLIC
    # ------------------------------------------------------------

    def funnel_hand_over(self, team_id):
        """Make a card of each of these won deals in a funnel to which theirs hands over.

        Either all of them are handed over or none. Those that have a card there already are left alone, unless it was
        lost.

        :param int team_id: the id of the funnel
        :returns: the new cards
        :raises AccessError: for deals that the user may not edit
        :raises UserError: for deals that are not won, and for a funnel to which theirs does not hand over
        :raises ValidationError: for whatever the funnel asks of its cards
        """
        self.check_access("write")
        self._raise_each(UserError, {lead.id: lead._describe_not_handed_over(team_id) for lead in self})
        return self._hand_over(dict.fromkeys(self.ids, team_id)).sudo(False)

    def _describe_not_handed_over(self, team_id):
        """Return why this lead cannot be handed over to a funnel now, False if it can."""
        if not self.active or self.won_status != "won":
            return self.env._("It is not won: only won deals are handed over.")
        if isinstance(team_id, bool) or team_id not in self._get_handovers():
            return self.env._("Its funnel does not hand over to the one that was named.")
        return self._describe_unusable(team_id)

    def action_funnel_hand_over(self):
        """Open the dialog that asks to which funnel this deal is handed over."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_handover_action")
        return {**action, "context": {"default_lead_id": self.id}}

    @api.readonly
    def funnel_get_won_stage(self):
        """A deal for which somebody has to choose is won in the dialog of the hand-over, and goes nowhere by itself."""
        stage_id = super().funnel_get_won_stage()
        return False if stage_id and self._filter_undecided(self) else stage_id

    def action_set_won_rainbowman(self):
        """Ask where the deal is handed over before it is won, where somebody has to choose."""
        if self._filter_undecided(self):
            return self.action_funnel_hand_over()
        return super().action_set_won_rainbowman()

    # ------------------------------------------------------------
    # WHERE TO
    # ------------------------------------------------------------

    def _get_handovers(self):
        """Return the ids of the funnels to which this lead can be handed over, usable or not."""
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        funnel, company_id = funnels.get(self.team_id.id), self.company_id.id
        named = funnel.handoff_funnel_ids if funnel else ()
        return [
            other_id
            for other_id in named
            if other_id in funnels and (not company_id or funnels[other_id].company_id in (False, company_id))
        ]

    def _get_usable_handovers(self):
        return [team_id for team_id in self._get_handovers() if not self._describe_unusable(team_id)]

    def _describe_unusable(self, team_id):
        """Return why no card can be made in a funnel, False if it can."""
        rules = self.env["crm.team"]._get_funnel_rules()
        funnel = rules.funnels[team_id]
        first = rules.stages.get(funnel.first_stage_id)
        if funnel.is_active and first and not first.is_won:
            return False
        # whoever may read the funnel: its name says what has to be mended
        name = self.env["crm.team"].sudo().browse(team_id).name
        if not funnel.is_active:
            return self.env._("The funnel “%s”, to which it is handed over, is archived.", name)
        return self.env._("The funnel “%s”, to which it is handed over, has no stage in which cards begin.", name)

    def _get_handover_id(self):
        """Return the id of the funnel in which winning this lead makes a card, False where nobody has chosen."""
        usable, chosen = self._get_usable_handovers(), self.funnel_handover_team_id.id
        if chosen in self._get_handovers():
            return chosen
        return usable[0] if len(usable) == 1 else False

    def _filter_undecided(self, leads):
        """Return those of the leads that can be handed over to several funnels, of which nobody has chosen one.

        A deal that was won before and handed over then has nothing left to decide.
        """
        undecided = leads.filtered(lambda lead: len(lead._get_usable_handovers()) > 1 and not lead._get_handover_id())
        handed_over = {lead_id for lead_id, _team_id in undecided._get_handed_over()} if undecided else ()
        return undecided.filtered(lambda lead: lead.id not in handed_over)

    def _get_handed_over(self):
        """Return the cards of these leads that were not lost, as pairs of the id of a lead and of a funnel."""
        if not self.ids:
            return set()
        # whoever may see the cards: there is one for each funnel
        cards = self.sudo().with_context(active_test=False)
        found = cards.search_fetch(
            [("funnel_origin_id", "in", self.ids), ("won_status", "!=", "lost")], ["funnel_origin_id", "team_id"]
        )
        moved = found._get_first_funnels()
        pairs = {(card.funnel_origin_id.id, card.team_id.id) for card in found}
        return pairs | {(card.funnel_origin_id.id, moved[card.id]) for card in found if card.id in moved}

    def _get_first_funnels(self):
        """Return in which funnel each of these cards began, by its id; it may have been deferred since, for example."""
        if not self:
            return {}
        self.env["funnel.move"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT lead_id, to_team_id FROM funnel_move WHERE lead_id IN %s AND kind = 'created'",
                tuple(self.ids),
            )
        )
        return dict(rows)

    # ------------------------------------------------------------
    # THE GATE
    # ------------------------------------------------------------

    def _check_places(self, targets, before, verdicts):
        """Nobody wins a deal without saying where it goes, if there is a choice; no head of sales can change that."""
        result = super()._check_places(targets, before, verdicts)
        rules = self.env["crm.team"]._get_funnel_rules()
        winning = [
            lead_id
            for lead_id, target in targets.items()
            if target.stage_id in rules.stages and rules.stages[target.stage_id].is_won
            if not verdicts[lead_id].forbidden and before.get(lead_id, LeadState()).won_status != "won"
        ]
        for lead in self._filter_undecided(self.browse(winning)):
            requirement = HandoverRequirement(funnel_ids=tuple(lead._get_usable_handovers()))
            verdicts[lead.id].unmet[requirement] = requirement.field_names
        return result

    def _check_handovers(self, before, after, refusals):
        """Refuse to win what cannot be handed over; also where a lead is won without a move, as when it is restored.

        :param dict before: the states before, by lead id
        :param dict after: the states after, by lead id
        :param dict refusals: lines of text by lead id, extended here
        """
        won = self._filter_newly_won(before, after)
        for lead in self._filter_undecided(won):
            requirement = HandoverRequirement(funnel_ids=tuple(lead._get_usable_handovers()))
            refusals.setdefault(lead.id, []).append(self._describe_requirement(requirement, "", ""))
        for lead in won:
            handovers, chosen = lead._get_handovers(), lead._get_handover_id()
            broken = chosen or (not lead._get_usable_handovers() and next(iter(handovers), False))
            problem = broken and lead._describe_unusable(broken)
            if problem:
                refusals.setdefault(lead.id, []).append(problem)

    def _follow_with_handovers(self, before, after):
        """Make the cards of the leads that have just been won.

        :param dict before: the states before, by lead id
        :param dict after: the states after, by lead id
        """
        chosen = {lead.id: lead._get_handover_id() for lead in self._filter_newly_won(before, after)}
        self._hand_over({lead_id: team_id for lead_id, team_id in chosen.items() if team_id})

    def _filter_newly_won(self, before, after):
        """Return the leads that are won now and were not before, in funnels that hand over."""
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        return self.browse(
            lead_id
            for lead_id, state in after.items()
            if state.funnel_id and state.won_status == "won" and funnels[state.funnel_id].handoff_funnel_ids
            if before.get(lead_id, LeadState()).won_status != "won"
        )

    @api.model
    def _describe_requirement(self, requirement, message, labels):
        if requirement.kind != "handover":
            return super()._describe_requirement(requirement, message, labels)
        # whoever wins the deal has to choose one of them
        teams = self.env["crm.team"].sudo().browse(requirement.funnel_ids)
        return self.env._("Choose to which funnel the deal is handed over: %s.", ", ".join(teams.mapped("name")))

    def _describe_missing_fields(self, verdict):
        described = super()._describe_missing_fields(verdict)
        for item in described:
            if item["name"] == "funnel_handover_team_id":
                item["domain"] = [("id", "in", self._get_usable_handovers())]
        return described
