"""What people call states and regions beside their names in ISO 3166-2."""

#: By country, its regions by the code's second part: further names.
REGION_NAMES = {
    "US": "AL:ala|AZ:ariz|AR:ark|CA:calif|CO:colo|CT:conn|DE:del|DC:washington dc|FL:fla"
    "|IL:ill|IN:ind|KS:kan,kans|KY:ky|MA:mass|MD:md|MI:mich|MN:minn|MS:miss|MO:mo|MT:mont"
    "|NE:neb,nebr|NV:nev|NM:n mex|NY:new york state|ND:n dak|OK:okla|OR:ore,oreg"
    "|PA:penn,penna|SD:s dak|TN:tenn|TX:tex|WA:wash,washington state|WV:w va|WI:wis,wisc|WY:wyo",
    "CA": "AB:alta|MB:man|NL:newfoundland,nfld|NT:nwt|ON:ont|PE:pei|QC:que,quebec province"
    "|SK:sask",
    "AU": "VIC:vic|QLD:qld|TAS:tas",
    "GB": "ENG:england|SCT:scotland|WLS:wales|NIR:northern ireland|LND:london,greater london",
    "DE": "BY:bavaria|HE:hesse|NI:lower saxony|NW:north rhine westphalia,nrw"
    "|RP:rhineland palatinate|SN:saxony|ST:saxony anhalt|TH:thuringia"
    "|MV:mecklenburg western pomerania",
    "AT": "2:carinthia|3:lower austria|4:upper austria|6:styria|7:tyrol|9:vienna",
    "CH": "GE:geneva,genf|ZH:zurich|BE:bern|LU:lucerne|VD:waadt|VS:wallis|GR:grisons|TI:tessin"
    "|SG:st gallen|FR:freiburg|NE:neuenburg|BS:basel,basel city|AG:argovia",
    "ES": "CT:catalonia,cataluna,catalunya|AN:andalusia|MD:community of madrid"
    "|PV:basque country|CL:castile and leon|VC:valencian community,comunitat valenciana"
    "|AR:aragon|GA:galicia|CN:canary islands|IB:balearic islands|AS:asturias|NC:navarre",
    "IT": "21:piedmont|25:lombardy|52:tuscany|62:lazio|75:apulia|78:calabria|82:sicily"
    "|88:sardinia|23:aosta valley|32:trentino alto adige south tyrol|55:umbria|57:marche",
    "FR": "IDF:ile de france|BRE:brittany|NOR:normandy|20R:corsica|BFC:burgundy franche comte"
    "|PAC:provence alpes cote d azur,paca|NAQ:new aquitaine|ARA:auvergne rhone alpes"
    "|OCC:occitania|PDL:pays de la loire|GES:grand est,alsace,lorraine",
    "NL": "NH:north holland|ZH:south holland|NB:north brabant|FR:friesland",
    "BE": "VLG:flanders,vlaanderen,flemish region|WAL:wallonia,wallonie,walloon region"
    "|BRU:brussels,brussels region,bruxelles,brussel|VAN:antwerp|WLG:liege",
    "MX": "CMX:mexico city,cdmx,distrito federal|MEX:estado de mexico,edomex|NLE:nuevo leon",
    "IN": "DL:delhi ncr|KA:bangalore|TS:telengana|OD:orissa",
    "BR": "DF:brasilia",
}  # fmt: skip
