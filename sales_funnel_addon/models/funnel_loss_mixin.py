from odoo import models

from ..tools.lead_moves import LeadState


class FunnelLossMixin(models.AbstractModel):
    """Losing a lead of a funnel: a reason of that funnel, a comment and fields where the reason asks for them."""

    _name = "funnel.loss.mixin"
    _description = "Loss of a Lead"

    def action_set_lost(self, **additional_values):
        """Lose the leads of funnels in one write: stock Odoo takes two, and the gate would judge the half of it."""
        in_funnel = self.filtered("team_id.funnel_kind")
        if in_funnel:
            in_funnel.write({**additional_values, "active": False, "probability": 0, "automated_probability": 0})
        return super(FunnelLossMixin, self - in_funnel).action_set_lost(**additional_values)

    def _check_losses(self, before, after, touched, refusals):
        """Refuse to lose a lead without what its reason asks for, and to take it away from a lost lead.

        Old losses are not judged again by rules that have become stricter since.

        :param dict before: the states before the write, by lead id
        :param dict after: the states after it
        :param touched: the names of the fields that were written
        :param dict refusals: lines of text by lead id, extended here
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        told = {"lost_reason_id", "lost_comment"} & set(touched)
        for lead in self.filtered(lambda lead: after[lead.id].funnel_id and after[lead.id].won_status == "lost"):
            origin = before.get(lead.id, LeadState())
            is_new = origin.won_status != "lost" or origin.funnel_id != after[lead.id].funnel_id
            reason = rules.reasons.get(lead.lost_reason_id.id)
            lines = []
            if is_new or told:
                lines = lead._describe_missing_reason(reason, lead._get_funnel_of_losses())
            if reason and not lines:
                demanded = [name for name in reason.field_names if is_new or name in touched]
                lines = lead._describe_missing_for_loss((is_new or told) and reason.comment_required, demanded)
            if lines:
                refusals.setdefault(lead.id, []).extend(lines)

    def _get_funnel_of_losses(self):
        """Return the funnels whose reasons these leads can be lost for: of a deferred deal, where it came from."""
        return self.env["crm.team"].union(*(lead.deferral_team_id or lead.team_id for lead in self))

    def _describe_missing_reason(self, reason, funnel):
        """Return why the lead cannot be lost for the reason it has, as lines of text."""
        if not self.lost_reason_id:
            return [self.env._("A lost reason is needed.")]
        if not reason or {funnel.id, self.team_id.id}.isdisjoint(reason.funnel_ids):
            return [
                self.env._(
                    "“%(reason)s” is not a lost reason of the funnel “%(funnel)s”.",
                    reason=self.lost_reason_id.name,
                    funnel=funnel.name,
                )
            ]
        return []

    def _describe_missing_for_loss(self, comment_demanded, demanded):
        """Return what this lead lacks of a comment and of the fields ``demanded``, as lines of text."""
        lines = []
        if comment_demanded and not (self.lost_comment or "").strip():
            lines.append(self.env._("The reason “%s” needs a comment.", self.lost_reason_id.name))
        missing = self._as_judge()._get_missing_fields(demanded)
        if missing:
            labels = self._get_field_labels(missing)
            lines.append(self.env._("Fill in: %s", ", ".join(labels[name] for name in missing)))
        return lines

    def _forget_losses(self, before, after):
        """A lead that is no longer lost has no reason to be; the log keeps what it was."""
        reopened = self.browse(
            lead_id
            for lead_id, state in after.items()
            if lead_id in before and before[lead_id].won_status == "lost" and state.won_status != "lost"
        ).filtered(lambda lead: lead.lost_reason_id or lead.lost_comment)
        if reopened:
            reopened.write({"lost_reason_id": False, "lost_comment": False})

    def _get_loss_summary(self):
        """Return reason and comment of the loss, for the log."""
        return " — ".join(filter(None, (self.lost_reason_id.name, self.lost_comment)))
