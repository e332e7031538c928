"""Words and phrases that say what a position is about: data, folded as fold.py folds a title.

A word that ends in * stands for every word that begins so, as German compounds do.
"""

from leads.titles.phrase_table import split_phrases

#: Apollo's departments are finer; these are the ones that rules can weigh.
FUNCTIONS = (
    "executive",
    "sales",
    "marketing",
    "engineering",
    "product",
    "it",
    "finance",
    "hr",
    "legal",
    "operations",
    "support",
    "other",
)

#: function -> words and phrases, separated by |
STRONG: dict[str, str] = {
    "executive": "strategy|strategie",
    "sales": """
        sales|presales|revenue|account|accounts|business development|partnerships|partnership|
        alliances|alliance|channel|gtm|territory|vertrieb*|aussendienst*|
        verkauf*|ventes|commerciale|comercial|ventas|desarrollo de negocio|grands comptes|comptes|
        commerciaux|clientele|vendite|vendas|contas|verkoop*|commercieel|forsaljning*|salg*|
        sprzedazy|handlowy|handlowa""",
    "marketing": """
        marketing*|brand|communications|public relations|pr|growth|demand generation|
        lead generation|content|seo|social media|campaign|events|community|creative|art|
        product marketing|unternehmenskommunikation|kommunikation*|communication|comunicacion|
        comunicazione|comunicacao|communicatie|marka|publicidad|pubblicita|werbung*|marknad*|
        marketingu|advertising""",
    "engineering": """
        engineering|research|data science|machine learning|artificial intelligence|qa|
        quality assurance|devops|entwicklung*|forschung*|recherche|technique|
        developpement|desarrollo|sviluppo|ricerca|pesquisa|ontwikkeling*|onderzoek|utveckling*|
        udvikling*|rozwoju|qualita""",
    "product": "product|design|ux|ui|user experience|produkt*",
    "it": """
        it|ict|edv|information technology|information security|cybersecurity|cyber|security|
        infrastructure|business intelligence|bi|analytics|network|systems|system|database|
        information|informatique|systemes|informatica|sistemas|sistemi|tecnologia|informatyki|
        datenschutz|it sicherheit|salesforce""",
    "finance": """
        finance|financial|accounting|treasury|treasurer|tax|audit|investor relations|investment|
        risk|credit|payroll|loan|accounts payable|accounts receivable|finanz*|finanzen|financi*|
        rechnungswesen*|buchhaltung*|controlling|finanza|finanzas|financas|comptabilite|
        contabilidad|contabilita|contabilidade|amministrazione|finansow|ksiegowosc|kaufmannischer|
        financier|financiere|financiero|financiera|finanziario|finanziaria|financeiro|financeira|
        financieel|ekonomi*|okonomi*|finansowy|finansowa""",
    "hr": """
        hr|human resources|people|talent|recruiting|recruitment|talent acquisition|training|
        learning|compensation|total rewards|diversity|
        personalleit*|personalentwicklung*|personalreferent*|personalwesen|personalabteilung|
        rh|personnel|personale|personeel*|
        personelu|kadr|ressources humaines|recursos humanos|risorse umane""",
    "legal": """
        legal|compliance|contracts|privacy|data protection|general counsel|juridique|recht*|
        juridico|juridica|legale|affaires juridiques|prawny|jurist*""",
    "operations": """
        operations|operating|supply chain|procurement|purchasing|logistics|manufacturing|
        production|facilities|warehouse|plant|store|project|projects|program|programme|
        business operations|pmo|administrative|administration|transformation|shift|
        betriebs*|einkauf*|produktion*|werks*|logistik*|projekt*|project*|geschaftsfuhrung|achats|
        logistique|qualite|fabrication|produccion|logistica|calidad|produzione|
        producao|operazioni|inkoop*|productie*|logistiek*|inkop*|indkob*|drift*|zakupow|produkcji|
        logistyki|lager*|versand*|qualitat*|fertigung*|zakupy|produksjon|operaciones|compras|
        acquisti|operacoes|projetos""",
    "support": """
        customer|customers|support|kunden*|client|clients|cliente|clientes|clienti|klant*|
        kundtjanst|kundeservice|kundservice|klienta|soporte|suporte|assistenza clienti|
        client services|client service|client success|professional services|help desk|helpdesk|
        service desk|experience""",
}

#: They count only where neither a word of STRONG nor the rank says more: "AI Product Manager" is
#: about a product.
WEAK: dict[str, str] = {
    "engineering": "technology|technical|technischer|technisch|software|ai|platform",
    "it": "data|digital",
    "operations": "process|office",
    "sales": "commercial|partner",
    "finance": "control",
    "hr": "personal",
    "other": "medical|science|scientific|nursing|sustainability|department",
}

#: Their function is `operations`, not that of the person whom they assist.
ASSISTANTS = frozenset(
    split_phrases(
        """sekretariat|sekretar|assistant|assistants|
        personal assistant|ea|pa|secretary|assistent|assistentin|assistenz|
        assistante|secretaire|asistente|secretaria|assistente|segretaria|secretaresse|asystent|
        asystentka|sekretarka|sekretarin|sekretaer"""
    )
)
