"""Which field of a lead the column of a table means, by its header: in Russian and English, as CRMs export them.

Besides the fields of the lead there are three parts of a name, which are put together.
"""

import re

#: What a name is put together from, in this order.
NAME_PARTS = ("last_name", "first_name", "middle_name")
#: What several columns may mean at once: their values are put together.
REPEATABLE = frozenset({"phone", "email_from", "description", "street", "contact_name", "tag_ids"})
#: Headers, spelled as :func:`normalise` does, by field. Those of Bitrix24 and amoCRM are among them.
HEADERS = {
    "name": "название лида, название сделки, название, заголовок, обращение, тема, наименование, lead name, "
    "lead title, title, deal name, deal, subject, opportunity, название обращения, сделка, лид, lead",
    "contact_name": "контакт, контактное лицо, контактное лицо фио, основной контакт, фио, ф и о, имя контакта, "
    "полное имя, полное имя контакта, клиент, имя клиента, фио клиента, контактное имя, имя фамилия, contact, "
    "contact name, contact person, full name, client, customer, person, main contact",
    "first_name": "имя, first name, given name",
    "last_name": "фамилия, last name, surname, family name",
    "middle_name": "отчество, second name, middle name, patronymic",
    "partner_name": "компания, название компании, организация, наименование организации, название организации, фирма, "
    "юридическое лицо, юр лицо, наименование компании, предприятие, краткое наименование, полное наименование, "
    "company, company name, organization, organisation, account, account name, business name, firm",
    "phone": "телефон, рабочий телефон, мобильный телефон, мобильный, домашний телефон, другой телефон, сотовый, "
    "сотовый телефон, телефоны, номер телефона, контактный телефон, тел, моб тел, моб, телефон 1, телефон 2, "
    "телефон 3, рабочий прямой телефон, основной телефон, whatsapp, телефон для рассылок, номер, "
    "phone, phone number, mobile, "
    "mobile phone, work phone, home phone, other phone, cell, cell phone, telephone, phone 1, phone 2, tel",
    "email_from": "e mail, email, рабочий e mail, рабочий email, частный e mail, личный email, другой e mail, "
    "другой email, почта, электронная почта, эл почта, адрес электронной почты, e mail для рассылок, mail, work email, "
    "work e mail, home e mail, home email, other e mail, other email, email address, e mail address, емейл, имейл",
    "function": "должность, job position, position, job title, post, должность контакта",
    "website": "сайт, веб сайт, web, корпоративный сайт, личная страница, web сайт, адрес сайта, website, site, url, "
    "corporate website, web site, homepage",
    "city": "город, населенный пункт, city, town, регион и город, locality",
    "street": "адрес, улица, адрес 1, улица номер дома, юридический адрес, фактический адрес, address, street, "
    "street address, почтовый адрес, адрес доставки, адрес компании",
    "address_house": "дом, номер дома, house, house number, building",
    "address_flat": "квартира, офис, квартира офис, кв, flat, apartment, office",
    "address_entrance": "подъезд, entrance",
    "address_floor": "этаж, floor",
    "zip": "индекс, почтовый индекс, zip, zip code, postal code, postcode",
    "state_id": "регион, область, регион область, область край, республика, край, субъект, state, region, province",
    "country_id": "страна, country",
    "description": "комментарий, комментарии, примечание, примечания, заметки, описание, дополнительно, "
    "дополнительно об источнике, дополнительно о стадии, заметка, что нужно, примечание 1, примечание 2, примечание 3, "
    "comment, comments, note, notes, description, remark, remarks",
    "source_id": "источник, источник лида, источник обращения, источник сделки, рекламный источник, source, "
    "lead source, utm source",
    "medium_id": "форма заявки, канал, канал обращения, intake form, medium, utm medium, channel",
    "campaign_id": "кампания, рекламная кампания, campaign, utm campaign",
    "user_id": "ответственный, менеджер, ответственный менеджер, сотрудник, ответственный за лид, "
    "ответственный за сделку, responsible, salesperson, sales person, owner, manager, assigned to, responsible person",
    "lang_id": "язык, language, lang",
    "tag_ids": "теги, тег, метки, теги сделки, теги контакта, tags, tag, labels",
    "expected_revenue": "сумма, бюджет, возможная сумма, ожидаемая выручка, сумма сделки, amount, budget, price, "
    "opportunity amount, expected revenue, total",
    "preferred_channel": "предпочитаемый канал, предпочтительный канал, способ связи, preferred channel",
    "deal_type_id": "тип сделки, deal type",
    "product_type_id": "тип продукции, тип товара, вид продукции, product type",
    "client_status_id": "статус клиента, client status",
    "general_need_ids": "общие потребности, general needs",
    "key_need_ids": "ключевые потребности, key needs",
    "need_description": "описание потребности, потребность, запрос, запрос клиента, need, needs",
    "price_needs": "потребности по цене, ожидания по цене, price needs",
    "customer_kind_id": "тип клиента, тип заказчика, вид клиента, customer kind, customer type",
    "supply_preference_id": "предпочтение по поставке, предпочтения, preferred supply",
    "equipment_category_ids": "категория оборудования, категории оборудования, equipment categories",
}
_WORDS = re.compile(r"[^\w]+|_+")
#: Whose field it is, as CRMs say before or after the name of the field.
_OWNER = re.compile(r"^(контакт|компания|лид|сделка|contact|company|lead|deal)\s*:\s*(?=\S)|\s*\([^()]*\)\s*$", re.I)
_TARGETS = {spelling.strip(): target for target, text in HEADERS.items() for spelling in text.split(",")}


def normalise(header):
    """Return a header in one spelling: small letters, single blanks, no marks.

    >>> normalise(" Рабочий  E-mail*"), normalise("Отчётный_период"), normalise("Контакт: Рабочий телефон")
    ('рабочий e mail', 'отчетный период', 'контакт рабочий телефон')
    """
    return " ".join(_WORDS.sub(" ", header.casefold().replace("ё", "е")).split())


def recognise(header, known=None):
    """Return the field that a header means, or False.

    :param str header: as it stands in the table
    :param dict known: fields by normalised header that count for more than what this module knows

    >>> [recognise(header) for header in ("Название лида", "Мобильный телефон", "Рабочий e-mail", "Рабочий email")]
    ['name', 'phone', 'email_from', 'email_from']
    >>> [recognise(header) for header in ("Контакт: Имя", "Должность (контакт)", "Телефон 2", "Phone #3", "Дата")]
    ['first_name', 'function', 'phone', 'phone', False]
    >>> recognise("Компания: Название компании"), recognise("Имя", {"имя": "contact_name"})
    ('partner_name', 'contact_name')
    """
    known = known or {}
    bare = _OWNER.sub("", header)
    for spelling in (normalise(header), normalise(bare), normalise(bare).rstrip("0123456789 ")):
        if spelling in known:
            return known[spelling]
        if spelling in _TARGETS:
            return _TARGETS[spelling]
    return False


def recognise_all(headers, known=None):
    """Return the fields that headers mean, in their order; a field that can only have one value goes to the first.

    >>> recognise_all(["Город", "City", "Телефон", "Мобильный", ""])
    ['city', False, 'phone', 'phone', False]
    """
    found = []
    for header in headers:
        target = recognise(header, known)
        found.append(target if target in REPEATABLE or target not in found else False)
    return found


def find_header_row(rows, known=None):
    """Return the number of the row that holds the headers: of the first rows the one with most of them.

    :param rows: numbers and cells of the first rows
    :returns: the number of the first row if there is none

    >>> find_header_row([(1, ["База за март"]), (3, ["№", "Имя", "Телефон"]), (4, ["1", "Иван", "8912"])])
    3
    """
    best, number = 0, rows[0][0] if rows else 1
    for row, cells in rows:
        score = sum(bool(recognise(cell, known)) for cell in cells if len(cell) < 60)
        if score > best:
            best, number = score, row
    return number
