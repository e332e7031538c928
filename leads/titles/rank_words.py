"""Words and phrases that say how high a position is: data, folded as fold.py folds a title.

English first, then German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Danish and
Polish. Of the phrases that begin at one word, the longest counts.
"""

#: Seniorities, the highest first.
SENIORITIES = ("founder", "c_suite", "vp", "head", "director", "manager", "other")

#: seniority -> phrases, separated by |
RANKS: dict[str, str] = {
    "founder": """
        founder|cofounder|founding partner|founding ceo|owner|coowner|proprietor|sole proprietor|
        entrepreneur|grunder|grunderin|mitgrunder|mitgrunderin|inhaber|inhaberin|geschaftsinhaber|
        geschaftsinhaberin|fondateur|fondatrice|cofondateur|cofondatrice|proprietaire|fundador|
        fundadora|cofundador|cofundadora|socio fundador|socia fundadora|propietario|propietaria|
        dueno|duena|fondatore|cofondatore|titolare|proprietario|proprietaria|oprichter|
        medeoprichter|eigenaar|eigenaresse|medeeigenaar|grundare|medgrundare|agare|grundlaegger|
        stifter|medstifter|ejer|medejer|zalozyciel|zalozycielka|wspolzalozyciel|wspolzalozycielka|
        wlasciciel|wlascicielka|wspolwlasciciel""",
    "c_suite": """
        c officer|secretary general|prasident|prasidentin|zaakvoerder|ordforande|formand|
        dyrektor generalny|dyrektor zarzadzajacy|chief executive|chief legal counsel|ceo|coo|cfo|
        cto|cio|ciso|cmo|cro|cco|cpo|chro|clo|cdo|cso|president|chairman|chairwoman|chairperson|
        chair of the board|board chair|md|managing director|managing partner|director general|
        general director|geschaftsfuhrer|geschaftsfuhrerin|geschaftsfuhrender gesellschafter|
        geschaftsleitung|geschaftsleiter|vorstand|vorstandsvorsitzender|vorstandsvorsitzende|
        mitglied des vorstands|mitglied der geschaftsleitung|pdg|dg|daf|presidente|presidenta|
        gerant|gerante|directeur general|directrice generale|directora general|consejero delegado|
        consejera delegada|amministratore delegato|amministratrice delegata|amministratore unico|
        direttore generale|direttrice generale|diretor geral|diretora geral|diretor executivo|
        diretora executiva|diretor presidente|algemeen directeur|bestuurder|
        voorzitter raad van bestuur|raad van bestuur|vd|verkstallande direktor|koncernchef|
        administrerende direktor|adm direktor|prezes|prezes zarzadu|czlonek zarzadu""",
    "vp": """
        vice president|vp|svp|evp|avp|rvp|gvp|vicepresidente|vicepresidenta|vice presidente|
        vicepresident|vizeprasident|vizeprasidentin|viceprezes|wiceprezes""",
    "head": """
        head|it chef|hr chef|pr chef|chef de service|chef de departement|leiter|leiterin|leitung|
        jefe|jefa|hoofd|afdelingshoofd""",
    "director": """
        director|partner|senior partner|general partner|equity partner|subdirector|subdirectora|
        zastepca dyrektora|general manager|gm|country manager|country director|dsi|drh|directeur|
        directrice|direktor|direktorin|directora|direttore|direttrice|diretor|diretora|dyrektor|
        dyrektorka""",
    "manager": """
        manager|supervisor|foreman|superintendent|subgerente|encargado|encargada|ansvarig|
        ansvarlig|menedzer|menadzer|zastepca kierownika|team lead|team leader|managerin|gerente|
        responsable|responsabile|responsavel|kierownik|kierowniczka|chef de projet|chef d equipe|
        chef de produit|chef des ventes|jefe de proyecto|jefa de proyecto|capo progetto|
        coordenador""",
    "other": """
        account executive|member of the board|doctor|surgeon|resident|trainer|banker|broker|
        speechwriter|sekretariat|assistant|assistants|executive business partner|chief of staff|
        comptroller|treasurer|consigliere|aufsichtsrat|mitglied des aufsichtsrats|
        administrateur independant|administratrice independante|membre du conseil|consejero|
        consejera|consejero independiente|consejera independiente|lid raad van commissarissen|
        raad van commissarissen|commissaris|styrelseledamot|bestyrelsesmedlem|
        czlonek rady nadzorczej|rada nadzorcza|ned|trustee|specialista|consulente|addetto|addetta|
        handlaggare|ekonom|medarbejder|koordynator|charge|chargee|personal assistant|ea|pa|
        secretary|receptionist|clerk|engineer|developer|programmer|architect|scientist|analyst|
        specialist|coordinator|associate|representative|sdr|bdr|agent|adviser|advisor|consultant|
        executive|officer|administrator|technician|designer|researcher|writer|copywriter|editor|
        editor in chief|journalist|recruiter|headhunter|generalist|accountant|controller|
        bookkeeper|auditor|counsel|attorney|lawyer|paralegal|buyer|product owner|process owner|
        system owner|data owner|service owner|risk owner|homeowner|home owner|business partner|
        coach|chef|cook|teacher|nurse|professor|principal|physician|pastor|driver|trainee|intern|
        apprentice|member|board|board director|board member|committee member|council member|
        board advisor|non executive director|non executive chairman|independent director|
        scrum master|ambassador|chief|marketer|volunteer|employee|staff|freelancer|fellow|
        strategist|planner|assistent|assistentin|assistenz|sekretar|sekretarin|sachbearbeiter|
        sachbearbeiterin|mitarbeiter|mitarbeiterin|entwickler|entwicklerin|ingenieur|ingenieurin|
        berater|beraterin|buchhalter|buchhalterin|referent|referentin|praktikant|praktikantin|
        assistante|secretaire|ingenieure|developpeur|developpeuse|commercial|attache|attachee|
        comptable|stagiaire|conseiller|conseillere|asistente|secretaria|secretario|desarrollador|
        desarrolladora|ingeniero|ingeniera|contador|contadora|becario|assistente|segretaria|
        segretario|sviluppatore|sviluppatrice|ingegnere|impiegato|impiegata|desenvolvedor|
        desenvolvedora|engenheiro|engenheira|estagiario|secretaresse|vertegenwoordiger|medewerker|
        ontwikkelaar|adviseur|saljare|utvecklare|saelger|sekretaer|udvikler|konsulent|asystent|
        asystentka|sekretarka|przedstawiciel|programista|inzynier|ksiegowa|ksiegowy|specjalista|
        steuerberater""",
}

#: Endings of compound words, German, Dutch, Swedish and Danish: the longest counts.
ENDINGS: dict[str, str] = {
    "c_suite": "vorstand|geschaftsfuhrer|geschaftsfuhrerin",
    "head": "leiter|leiterin|leitung|chef",
    "director": "direktor|direktorin|directeur",
    "manager": """
        manager|managerin|teamleiter|teamleiterin|projektleiter|projektleiterin|gruppenleiter|
        gruppenleiterin|filialleiter|filialleiterin|leder|ledare|leider""",
    "other": """
        assistent|assistentin|assistente|assistenz|sekretar|sekretarin|sekretaer|secretaresse|
        mitarbeiter|mitarbeiterin|entwickler|entwicklerin|ingenieur|ingenieurin|berater|beraterin|
        vertreter|vertreterin|medewerker|konsulent|utvecklare|udvikler""",
}

#: What a rank says of the function, where nothing else does.
IMPLIED: dict[str, str] = {
    "executive": """
        ceo|chief executive|president|chairman|chair of the board|board chair|general manager|gm|
        country manager|country director|advisor|adviser""",
    "operations": """
        coo|assistant|personal assistant|ea|pa|secretary|receptionist|clerk|buyer|process owner|
        scrum master|chef de projet|assistent|assistentin|assistenz|sekretar|sekretarin|sekretaer|
        assistante|secretaire|asistente|secretaria|assistente|segretaria|secretaresse|asystent|
        asystentka|sekretarka|jefe de proyecto""",
    "finance": """
        cfo|daf|treasurer|comptroller|accountant|controller|bookkeeper|auditor|buchhalter|
        buchhalterin|steuerberater|comptable|contador|contadora|ksiegowa|ksiegowy""",
    "engineering": """
        cto|engineer|developer|programmer|architect|scientist|entwickler|entwicklerin|ingenieur|
        ingenieurin|developpeur|developpeuse|desarrollador|desarrolladora|ingeniero|ingeniera|
        sviluppatore|sviluppatrice|ingegnere|desenvolvedor|desenvolvedora|engenheiro|engenheira|
        ontwikkelaar|utvecklare|udvikler|programista|inzynier""",
    "it": "it chef|cio|ciso|cdo|system owner|dsi|technician",
    "marketing": "cmo|marketer|copywriter|writer",
    "sales": """
        cro|cco|sdr|bdr|representative|vertegenwoordiger|saljare|saelger|przedstawiciel|
        commercial|attachee|attache""",
    "product": "cpo|product owner|designer|researcher",
    "hr": "hr chef|chro|drh",
    "legal": "clo",
}

#: These say their function, whatever the field: a "Technical Recruiter" recruits.
FIXED: dict[str, str] = {
    "sales": "account executive",
    "hr": "recruiter|headhunter",
    "legal": "counsel|attorney|lawyer|paralegal|chief legal counsel",
    "executive": """
        board member|committee member|council member|member of the board|board|board director|
        board advisor|non executive director|non executive chairman|independent director|
        aufsichtsrat|ned|trustee|mitglied des aufsichtsrats|administrateur independant|
        administratrice independante|membre du conseil|consejero independiente|
        consejera independiente|lid raad van commissarissen|raad van commissarissen|commissaris|
        styrelseledamot|bestyrelsesmedlem|czlonek rady nadzorczej|rada nadzorcza|consigliere""",
    "operations": "executive business partner|chief of staff",
}

#: "Shop Owner" owns a company, "Platform Owner" a platform.
OWNED = frozenset(
    """business company franchise agency shop store restaurant firm studio salon practice small
    broker part partial insurance co sole majority principal proud managing hotel cafe gym
    bakery clinic""".split()
)

#: A position that is over, or not there yet.
NOT_HELD = frozenset(
    """former formerly ex retired past previous previously aspiring future seeking looking candidate
    unemployed student opentowork ehemaliger ehemalige ehem ancien ancienne antiguo antigua
    byly byla oud tidligere tidigare
    exited retraite retraitee emeritus elect incoming bewerber bewerberin wannabe not""".split()
)
#: As the first words of a title.
NOT_HELD_BEGINNINGS = ("open to ", "in search of ", "available for ")
