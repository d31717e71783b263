from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import hmac

from ..tools.sampling import is_in_sample
from .funnel_refusal_verdict_mixin import WITHOUT_VERDICT


class FunnelRefusal(models.Model):
    """One refusal of a client and what quality control says about it.

    The gate writes the facts when a deal is lost, verdicts are given by ``action_verify`` and ``action_return``; no
    user writes, creates or deletes reviews in another way.
    """

    _name = "funnel.refusal"
    _inherit = ["funnel.refusal.verdict.mixin", "funnel.follows.lead.mixin"]
    _description = "Review of a Refusal"
    _order = "date desc, id desc"
    _rec_name = "lead_id"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade", readonly=True)
    client = fields.Char(compute="_compute_client")
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        help="Who was responsible when the deal was lost.",
    )
    stage_id = fields.Many2one("crm.stage", "Stage at the Loss", ondelete="set null", readonly=True)
    team_id = fields.Many2one("crm.team", "Funnel", ondelete="set null", index="btree_not_null", readonly=True)
    lost_reason_id = fields.Many2one(
        "crm.lost.reason", "Reason", ondelete="set null", index="btree_not_null", readonly=True
    )
    lost_comment = fields.Text("Comment", readonly=True, help="What was written when the deal was lost.")
    date = fields.Datetime("Lost On", required=True, index=True, readonly=True)
    # not read-only for the web client: a card can be dragged, and the server says what a verdict needs
    state = fields.Selection(
        [
            ("to_check", "To check"),
            ("verified", "Verified"),
            ("returned", "Returned"),
            ("closed", "Closed without check"),
        ],
        default="to_check",
        required=True,
        index=True,
        group_expand=True,
    )
    closing = fields.Selection(
        [
            ("skipped", "Not in the sample"),
            ("reopened", "Deal reopened"),
            ("junk", "Turned out to be junk"),
            ("merged", "Merged into another deal"),
            ("left", "Its team is no funnel any more"),
        ],
        "Closed Because",
        readonly=True,
    )
    cause_id = fields.Many2one("funnel.refusal.cause", ondelete="set null", index="btree_not_null", readonly=True)
    controller_id = fields.Many2one("res.users", "Checked By", ondelete="set null", readonly=True)
    verdict_date = fields.Datetime("Checked On", readonly=True)
    note = fields.Text(readonly=True, help="What the controller has found, and what is to be done.")
    return_stage_id = fields.Many2one("crm.stage", "Returned To", ondelete="set null", readonly=True)
    return_user_id = fields.Many2one("res.users", "Goes On With", ondelete="set null", readonly=True)

    _unique_open = models.UniqueIndex("(lead_id) WHERE state = 'to_check'", "A deal has one open review at a time.")

    @api.depends("lead_id.contact_name", "lead_id.partner_name", "lead_id.partner_id")
    def _compute_client(self):
        for review in self:
            lead = review.lead_id
            names = (lead.contact_name, lead.partner_name or lead.partner_id.commercial_company_name)
            review.client = ", ".join(filter(None, names)) or lead.partner_id.name

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    def write(self, vals):
        if not self.env.su:
            raise AccessError(
                self.env._("A review changes by a verdict, which names a cause: use the buttons Verify and Return.")
            )
        return super().write(vals)

    # ------------------------------------------------------------
    # THE REVIEWS FOLLOW THE LOSSES
    # ------------------------------------------------------------

    @api.model
    def _open(self, losses):
        """Open reviews of refusals that have just happened; those outside the sample are closed at once.

        :param dict losses: the id of the salesperson who was responsible, or False, by lead
        """
        leads = self.env["crm.lead"].concat(*losses)
        # facts of the engine: the rights of whoever loses the deal do not matter, nor what a client sends as context
        Review = self.with_env(self.env(su=True, context={}))
        again = Review.search(Domain("lead_id", "in", leads.ids) & Domain("state", "in", ("to_check", "returned")))
        known = again.filtered(lambda review: review.state == "to_check").lead_id
        secret = self.env(su=True)  # only for the key of the database
        values = []
        for lead in leads.filtered(lambda lead: lead not in known):
            # what was returned once is checked again, whatever the sample says
            chosen = lead in again.lead_id or is_in_sample(
                hmac(secret, "sales_funnel_addon.refusal", lead.id), lead.team_id.refusal_check_percent
            )
            values.append({**self._prepare_review(lead, losses[lead]), **({} if chosen else self._prepare_skipped())})
        Review.create(values)

    @api.model
    def _prepare_review(self, lead, user_id):
        return {
            "lead_id": lead.id,
            "user_id": user_id,
            "stage_id": lead.stage_id.id,
            "team_id": lead.team_id.id,
            "lost_reason_id": lead.lost_reason_id.id,
            "lost_comment": lead.lost_comment,
            "date": self.env.cr.now(),
            "state": "to_check",
        }

    @api.model
    def _prepare_skipped(self):
        return {"state": "closed", "closing": "skipped"}

    @api.model
    def _close(self, domain, closing):
        """Close the reviews in a domain that have no verdict.

        :param str closing: why, one of the values of the field
        """
        # the engine closes them, whoever may see them, also when their leads are archived
        Review = self.sudo().with_context(active_test=False)
        Review.search(Domain(WITHOUT_VERDICT) & Domain(domain)).write({"state": "closed", "closing": closing})

    @api.model
    def _correct(self, leads):
        """Let the reviews that have no verdict tell the reason and the comment that lost leads have got since."""
        Review = self.sudo()  # facts of the engine, whoever corrects the loss
        reviews = Review.search(Domain(WITHOUT_VERDICT) & Domain("lead_id", "in", leads.ids))
        outdated = reviews.filtered(
            lambda review: (
                (review.lost_reason_id, review.lost_comment)
                != (review.lead_id.lost_reason_id, review.lead_id.lost_comment)
            )
        )
        facts = outdated.grouped(lambda review: (review.lead_id.lost_reason_id.id, review.lead_id.lost_comment))
        for (reason_id, comment), group in facts.items():
            group.write({"lost_reason_id": reason_id, "lost_comment": comment})

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_ask_verify(self):
        """Open the dialog in which a controller verifies the refusals."""
        return self._open_dialog("verify")

    def action_ask_return(self):
        """Open the dialog in which a controller returns the deals."""
        return self._open_dialog("return")

    def _open_dialog(self, verdict):
        self._check_verdict_possible()
        titles = {"verify": self.env._("Verify the refusal"), "return": self.env._("Return the deal")}
        return {
            **self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_refusal_verdict_action"),
            "name": titles[verdict],
            "context": {"default_review_ids": self.ids, "default_verdict": verdict},
        }

    def action_open_lead(self):
        """Open the lead of the review."""
        return self.lead_id.get_formview_action()
