from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.lead_moves import LeadState
from .funnel_refusal_verdict_mixin import WITHOUT_VERDICT


class FunnelQualityMixin(models.AbstractModel):
    """Quality control of a lead: each refusal has a review, which follows what becomes of the lead."""

    _name = "funnel.quality.mixin"
    _description = "Quality Control of a Lead"

    funnel_refusal_ids = fields.One2many("funnel.refusal", "lead_id", "Reviews of Refusals", readonly=True)
    funnel_return_summary = fields.Text(
        "Returned by Quality Control",
        compute="_compute_funnel_facts",
        help="Cause and note of the verdict by which this deal was reopened, until it is closed again.",
    )

    funnel_has_refusals = fields.Boolean("Has Reviews of Refusals", compute="_compute_funnel_facts")

    @api.depends("funnel_refusal_ids.state", "won_status")
    def _compute_funnel_facts(self):
        found = super()._compute_funnel_facts()
        summaries = self._describe_returns(found["review"])
        for lead in self:
            lead.funnel_return_summary = summaries.get(lead._origin.id, False)
            lead.funnel_has_refusals = lead._origin.id in found["review"]
        return found

    def _describe_returns(self, found):
        """Return cause and note of the last verdict on the open ones of these leads, by lead id.

        :param dict found: the last review of each lead, as a list of its state, a cause id and a note, by lead id
        """
        returned = {lead_id: found[lead_id][0][1:] for lead_id in found if found[lead_id][0][0] == "returned"}
        leads = self._origin._browse_found(returned).filtered(lambda lead: lead.won_status == "pending")
        verdicts = {lead.id: returned[lead.id] for lead in leads}
        causes = self.env["funnel.refusal.cause"].browse({cause_id for cause_id, _note in verdicts.values()} - {None})
        names = {cause.id: cause.name for cause in causes}
        return {
            lead_id: " — ".join(filter(None, (names.get(cause_id), note)))
            for lead_id, (cause_id, note) in verdicts.items()
        }

    @api.model
    def _get_fact_queries(self):
        return {**super()._get_fact_queries(), "review": self._select_review_facts}

    @api.model
    def _select_review_facts(self, lead_ids):
        Refusal = self.env["funnel.refusal"]
        return SQL(
            """SELECT DISTINCT ON (lead_id) 'review', lead_id, jsonb_build_array(state, cause_id, note)
                 FROM funnel_refusal WHERE lead_id = ANY(%s) ORDER BY lead_id, date DESC, id DESC""",
            lead_ids,
            to_flush=[Refusal._fields[name] for name in ("lead_id", "state", "cause_id", "note", "date")],
        )

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        for lead_id, summary in self._describe_returns(found["review"]).items():
            told[lead_id]["returned"] = summary
        return told

    def _follow_with_reviews(self, before, after):
        """Open a review of every new refusal; close those of leads that were reopened or turned out to be junk.

        A lead that comes into the world lost is not lost now, as the log says too: it is an old loss that was imported,
        or the copy of one.

        :param dict before: the states before a write or a creation, by lead id; a lead without one is new
        :param dict after: the states after it
        """
        was = {lead_id: before.get(lead_id, LeadState()) for lead_id in after}
        reason_ids = {state.lost_for for states in (was, after) for state in states.values()} - {False}
        if not reason_ids:
            return
        # the category decides, whoever may see the reason
        reasons = self.env["crm.lost.reason"].sudo().browse(reason_ids)
        refusal_ids = set(reasons.filtered(lambda reason: reason.category == "refusal").ids)
        losses, ended, kept = {}, {"junk": [], "reopened": []}, []
        # who may still see a lead that was handed over with its loss does not matter for its review
        leads = self.browse(after).sudo()
        for lead in leads:
            origin, state = was[lead.id], after[lead.id]
            was_refused, is_refused = origin.lost_for in refusal_ids, state.lost_for in refusal_ids
            if is_refused and not was_refused and origin != LeadState():
                losses[lead] = origin.user_id or lead.user_id.id
            elif was_refused and not is_refused:
                ended["junk" if state.lost_for else "reopened"].append(lead.id)
            elif was_refused:
                kept.append(lead.id)
        if losses:
            self.env["funnel.refusal"]._open(losses)
        if kept:
            self.env["funnel.refusal"]._correct(leads.browse(kept))
        for closing, lead_ids in ended.items():
            if lead_ids:
                self.env["funnel.refusal"]._close([("lead_id", "in", lead_ids)], closing)

    def _merge_dependences(self, opportunities):
        """What was found about the refusals of merged leads stays; no lead has two open reviews."""
        # the reviews are the engine's, and the leads that a merge deletes would take them along
        Review = self.env["funnel.refusal"].sudo()
        reviews = Review.search(Domain("lead_id", "in", (self + opportunities).ids))
        waiting = reviews.filtered_domain(WITHOUT_VERDICT)
        best_first = waiting.sorted(lambda review: (review.state != "to_check", review.lead_id != self))
        kept = best_first[: self.won_status == "lost"]
        (waiting - kept).write({"state": "closed", "closing": "merged"})
        (reviews - self.sudo().funnel_refusal_ids).write({"lead_id": self.id})
        return super()._merge_dependences(opportunities)
