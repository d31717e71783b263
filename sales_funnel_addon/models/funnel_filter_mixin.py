import ast

import psycopg2
from odoo import api, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import mute_logger


class FunnelFilterMixin(models.AbstractModel):
    """A rule with filters over leads, written as text: only a literal is accepted, nothing is evaluated as code."""

    _name = "funnel.filter.mixin"
    _description = "Filters over Leads"

    def _check_domains(self, *field_names):
        """Refuse filters that would fail, or ask about what their author may not read.

        :raises ValidationError: naming the field, what it holds and what is wrong with it
        """
        for rule in self:
            for name in field_names:
                rule._try_domain(self._parse_domain(rule[name], self._fields[name].string), name)

    def _try_domain(self, domain, field_name):
        """Search with the rights of whoever writes the rule: it may not ask about what they may not read.

        Constraints run as superuser; presets are loaded by one as well, and may ask what they like.
        """
        label = self._fields[field_name]._description_string(self.env)
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.env["crm.lead"].sudo(False).search_count(domain, limit=1)
        except AccessError as error:
            raise ValidationError(
                self.env._("“%(label)s” asks about what you may not read: %(error)s", label=label, error=error)
            ) from error
        except (ValueError, TypeError, KeyError, psycopg2.Error) as error:
            raise ValidationError(
                self.env._(
                    "“%(label)s” is not a filter over leads: %(text)s (%(error)s)",
                    label=label,
                    text=self[field_name],
                    error=error,
                )
            ) from error

    def _get_rule_domain(self, field_name):
        """Return a filter as the rules keep it: what lies below a node of a tree of the configuration is looked up now
        instead of for every move, for with the tree the rules are read anew.
        """
        self.ensure_one()
        text = self[field_name] or "[]"
        if "child_of" not in text:
            return text
        return str([self._spell_out_term(term) for term in ast.literal_eval(text)])

    @api.model
    def _spell_out_term(self, term):
        """Return a term of a filter without looking down a tree of the configuration; another term stays as it is."""
        if len(term) != 3 or term[1] != "child_of":
            return term
        field = self.env["crm.lead"]._fields.get(term[0])
        tree = self.env.get(field.comodel_name) if field and field.relational else None
        if tree is None or not tree._parent_store or not isinstance(tree, self.pool["funnel.config.mixin"]):
            return term
        # the rules hold for everybody, and a node that was archived still has what stands below it
        below = tree.sudo().with_context(active_test=False).search([("id", "child_of", term[2])])
        return (term[0], "in", below.ids)

    @api.model
    def _parse_domain(self, text, label):
        """Return the domain that ``text`` spells, as a list.

        :param str text: for example ``[('phone', '!=', False)]``
        :param str label: the name of the field for the error message
        :raises ValidationError: when it is no domain over the fields of a lead
        """
        try:
            domain = ast.literal_eval(text or "[]")
            if not isinstance(domain, list):
                raise TypeError(self.env._("it is no list"))
            Domain(domain).validate(self.env["crm.lead"])
        except (ValueError, SyntaxError, TypeError) as error:
            raise ValidationError(
                self.env._(
                    "“%(label)s” is not a filter over leads: %(text)s (%(error)s)", label=label, text=text, error=error
                )
            ) from error
        return domain
