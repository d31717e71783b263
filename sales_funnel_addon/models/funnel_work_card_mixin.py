import ast
import logging
from collections import defaultdict

from markupsafe import Markup
from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.errors import describe_error, is_collision
from ..tools.lead_moves import GatePass
from ..tools.work import NOT_BEGUN, is_reached
from .funnel_work_mixin import NOTED

_logger = logging.getLogger(__name__)


class FunnelWorkCardMixin(models.AbstractModel):
    """How leads follow their documents from stage to stage: forward only, and through the gate like everybody."""

    _name = "funnel.work.card.mixin"
    _description = "Card that Follows Documents"

    funnel_work_kinds = fields.Char(
        "Kinds of Documents Followed",
        compute="_compute_funnel_work_kinds",
        help="The models of the documents that stages of the funnel follow; the form offers to make them.",
    )

    @api.depends("team_id")
    def _compute_funnel_work_kinds(self):
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead in self:
            funnel = rules.funnels.get(lead.team_id.id)
            states = [state for i in (funnel.stage_ids if funnel else ()) for state in rules.states_followed(i)]
            lead.funnel_work_kinds = ",".join(sorted({state.model_name for state in states}))

    @api.model
    def _follow_noted_work(self):
        """Let the leads follow whose documents this transaction has changed."""
        lead_ids = self.env.cr.precommit.data.pop(NOTED, ())
        # Whoever works on a document need not see the card. Nothing that their client sends takes part in the move.
        context = {key: self.env.context[key] for key in ("lang", "tz") if key in self.env.context}
        self.with_env(self.env(su=True, context=context)).browse(lead_ids).exists()._follow_work()

    def _follow_work(self):
        """Move each lead to the furthest stage that its documents have reached and that lets it in.

        Where the way there leads over other stages that were reached as well, it goes over them. Why a lead could not
        go as far as its documents is told in its chatter.
        """
        work = self._get_work()
        closed, refusals = defaultdict(set), {}
        while targets := self._get_next_stages(work, closed):
            for stage_id, lead_ids in targets.items():
                refused = self.browse(lead_ids)._move_with_work(stage_id, work)
                for lead_id in lead_ids:
                    if lead_id not in refused:
                        closed.pop(lead_id, None)  # from here another way may be open
                        refusals.pop(lead_id, None)
                    else:
                        closed[lead_id].add(stage_id)
                        refusals.setdefault(lead_id, (stage_id, refused[lead_id]))
        self._tell_refused_work(refusals)

    def _get_work(self):
        """Return the documents of the leads and how far each of them is, by lead id.

        :returns: lists of pairs of the document and its rank, by the name of the model, by lead id
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        work = {lead.id: defaultdict(list) for lead in self}
        for model_name in {state.model_name for state in rules.work_states.values()}:
            domain = [("funnel_lead_id", "in", self.ids)]
            documents = self.env[model_name].with_context(active_test=False).search(domain)._filter_funnel_work()
            ranks = dict.fromkeys(documents.ids, NOT_BEGUN)
            for state in sorted(rules.work_states_of(model_name), key=lambda state: state.rank):
                found = documents.filtered_domain(Domain(ast.literal_eval(state.condition)))
                ranks.update(dict.fromkeys(found.ids, state.rank))
            for document in documents:
                work[document.funnel_lead_id.id][model_name].append((document, ranks[document.id]))
        return work

    def _get_next_stages(self, work, closed):
        """Return the furthest stages ahead that the documents of the leads have reached.

        :param dict closed: the ids of stages that are known not to let a lead in, by lead id
        :returns: the ids of the leads by the id of the stage
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        targets = defaultdict(list)
        for lead in self:
            if not lead._is_under_way():
                continue
            funnel = rules.funnels[lead.team_id.id]
            ranks = {name: [rank for _document, rank in items] for name, items in work[lead.id].items()}
            for stage_id in reversed(funnel.stage_ids[funnel.position(lead.stage_id.id) + 1 :]):
                if stage_id not in closed[lead.id] and is_reached(rules.states_followed(stage_id), ranks):
                    targets[stage_id].append(lead.id)
                    break
        return targets

    def _move_with_work(self, stage_id, work):
        """Move the leads to a stage because of their documents.

        :returns: why not, as text by the id of the lead; none for those that have moved
        """
        reasons = tuple((lead.id, lead._describe_work(stage_id, work[lead.id])) for lead in self)
        gate_pass = GatePass(frozenset(self.ids), stage_id, "", automatic=True, reasons=reasons)
        leads = self.with_context(funnel_gate_pass=gate_pass)
        verdicts = leads._judge_moves({lead.id: lead._get_target_state(stage_id) for lead in leads}, passed=leads._ids)
        lines = {}
        leads._collect_refusals(verdicts, lines)
        refusals = {lead_id: "; ".join(dict.fromkeys(texts)) for lead_id, texts in lines.items()}
        leads.browse(set(leads.ids) - refusals.keys())._try_stage(stage_id, refusals)
        return refusals

    def _try_stage(self, stage_id, refusals):
        """Write the stage; what stands in the way of one lead, such as an action on entry, holds up no other."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                self.write({"stage_id": stage_id})
        except Exception as error:
            # whatever it is, it is no trouble of the document, unless somebody else is in the way
            if is_collision(error):
                raise
            if len(self) == 1:
                _logger.info("%s could not follow its documents: %s", self.id, error)
                refusals[self.id] = describe_error(error)
            else:
                self[: len(self) // 2]._try_stage(stage_id, refusals)
                self[len(self) // 2 :]._try_stage(stage_id, refusals)

    def _describe_work(self, stage_id, work):
        """Return which documents have come to which state, as the history of the lead tells it."""
        rules = self.env["crm.team"]._get_funnel_rules()
        lines = []
        for state in rules.states_followed(stage_id):
            names = ", ".join(document.display_name for document, _rank in work[state.model_name])
            if names:
                title = rules.text("funnel.work.state", state.id, self.env.lang)
                lines.append(f"{names}: {title}")
        return "; ".join(lines)

    def _tell_refused_work(self, refusals):
        """Say in the chatter of leads why they could not follow.

        :param dict refusals: pairs of the id of the stage and the reason, by the id of the lead
        """
        rules, lang = self.env["crm.team"]._get_funnel_rules(), self.env.lang
        notes = {
            lead_id: self.env._(
                "The documents of this card have come as far as “%(stage)s”, but it cannot go there: %(reason)s",
                stage=rules.text("crm.stage", stage_id, lang),
                reason=reason,
            )
            for lead_id, (stage_id, reason) in refusals.items()
        }
        if notes:
            self.browse(notes)._message_log_batch(bodies=notes)

    # ------------------------------------------------------------
    # MERGE
    # ------------------------------------------------------------

    def _merge_dependences(self, opportunities):
        """The documents of merged cards belong to the one that stays."""
        result = super()._merge_dependences(opportunities)
        for model_name, _label in self.env["funnel.work.state"]._get_models():
            # whoever may see the documents: they must not lose their card
            documents = self.env[model_name].sudo().with_context(active_test=False)
            documents.search([("funnel_lead_id", "in", opportunities.ids)]).write({"funnel_lead_id": self.id})
        return result

    # ------------------------------------------------------------
    # SCREENS
    # ------------------------------------------------------------

    def _count_work(self, model_name):
        """Return how many documents of a kind each lead has that the user sees, by lead id."""
        groups = self.env[model_name]._read_group([("funnel_lead_id", "in", self.ids)], ["funnel_lead_id"], ["__count"])
        return {lead.id: count for lead, count in groups}

    def _action_view_work(self, model_name, title):
        """Open the documents of a kind that this lead has; a single one at once."""
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model_name,
            "views": [(False, "list"), (False, "form")],
            "domain": [("funnel_lead_id", "=", self.id)],
            "context": self._prepare_work_context(model_name),
            "help": Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>')
            % (
                self.env._("This card has no such document yet"),
                self.env._("Press “New” to make one. The card is filled in, and follows what becomes of the document."),
            ),
        }
        documents = self.env[model_name].search(action["domain"], limit=2)
        return {**action, "views": [(False, "form")], "res_id": documents.id} if len(documents) == 1 else action

    def _action_new_work(self, model_name, title):
        """Open a new document for this lead, with what the lead knows filled in."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model_name,
            "views": [(False, "form")],
            "context": self._prepare_work_context(model_name),
        }

    def _get_ordered(self):
        """Return the order that the client of this card has accepted."""
        return self.funnel_origin_id.accepted_order_id or self.accepted_order_id

    def _prepare_work_context(self, _model_name):
        """Return what a new document of a kind begins with, as the context of a form."""
        context = {"default_funnel_lead_id": self.id, "default_origin": self.name}
        return {**context, "default_company_id": self.company_id.id} if self.company_id else context
