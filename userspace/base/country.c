// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/country.h"

#include <string.h>

/*
 * X(first letter, second letter, state whose law holds there, English short name)
 *
 * Codes and names: ISO 3166-1. The state column: ISO 3166-1 lists a territory beside the state it
 * belongs to. Where a territory has a legal order of its own (Jersey, Greenland, Hong Kong), the
 * state is the one that can compel an operator there in the last resort: for a guard the stricter
 * reading, since it only decides whose reach an operator falls under.
 */
#define COUNTRIES(X)                                                      \
	X('A', 'D', "AD", "Andorra")                                      \
	X('A', 'E', "AE", "United Arab Emirates")                         \
	X('A', 'F', "AF", "Afghanistan")                                  \
	X('A', 'G', "AG", "Antigua and Barbuda")                          \
	X('A', 'I', "GB", "Anguilla")                                     \
	X('A', 'L', "AL", "Albania")                                      \
	X('A', 'M', "AM", "Armenia")                                      \
	X('A', 'O', "AO", "Angola")                                       \
	X('A', 'Q', "AQ", "Antarctica")                                   \
	X('A', 'R', "AR", "Argentina")                                    \
	X('A', 'S', "US", "American Samoa")                               \
	X('A', 'T', "AT", "Austria")                                      \
	X('A', 'U', "AU", "Australia")                                    \
	X('A', 'W', "NL", "Aruba")                                        \
	X('A', 'X', "FI", "Åland Islands")                                \
	X('A', 'Z', "AZ", "Azerbaijan")                                   \
	X('B', 'A', "BA", "Bosnia and Herzegovina")                       \
	X('B', 'B', "BB", "Barbados")                                     \
	X('B', 'D', "BD", "Bangladesh")                                   \
	X('B', 'E', "BE", "Belgium")                                      \
	X('B', 'F', "BF", "Burkina Faso")                                 \
	X('B', 'G', "BG", "Bulgaria")                                     \
	X('B', 'H', "BH", "Bahrain")                                      \
	X('B', 'I', "BI", "Burundi")                                      \
	X('B', 'J', "BJ", "Benin")                                        \
	X('B', 'L', "FR", "Saint Barthélemy")                             \
	X('B', 'M', "GB", "Bermuda")                                      \
	X('B', 'N', "BN", "Brunei Darussalam")                            \
	X('B', 'O', "BO", "Bolivia")                                      \
	X('B', 'Q', "NL", "Bonaire, Sint Eustatius and Saba")             \
	X('B', 'R', "BR", "Brazil")                                       \
	X('B', 'S', "BS", "Bahamas")                                      \
	X('B', 'T', "BT", "Bhutan")                                       \
	X('B', 'V', "NO", "Bouvet Island")                                \
	X('B', 'W', "BW", "Botswana")                                     \
	X('B', 'Y', "BY", "Belarus")                                      \
	X('B', 'Z', "BZ", "Belize")                                       \
	X('C', 'A', "CA", "Canada")                                       \
	X('C', 'C', "AU", "Cocos (Keeling) Islands")                      \
	X('C', 'D', "CD", "DR Congo")                                     \
	X('C', 'F', "CF", "Central African Republic")                     \
	X('C', 'G', "CG", "Congo")                                        \
	X('C', 'H', "CH", "Switzerland")                                  \
	X('C', 'I', "CI", "Côte d'Ivoire")                                \
	X('C', 'K', "NZ", "Cook Islands")                                 \
	X('C', 'L', "CL", "Chile")                                        \
	X('C', 'M', "CM", "Cameroon")                                     \
	X('C', 'N', "CN", "China")                                        \
	X('C', 'O', "CO", "Colombia")                                     \
	X('C', 'R', "CR", "Costa Rica")                                   \
	X('C', 'U', "CU", "Cuba")                                         \
	X('C', 'V', "CV", "Cabo Verde")                                   \
	X('C', 'W', "NL", "Curaçao")                                      \
	X('C', 'X', "AU", "Christmas Island")                             \
	X('C', 'Y', "CY", "Cyprus")                                       \
	X('C', 'Z', "CZ", "Czechia")                                      \
	X('D', 'E', "DE", "Germany")                                      \
	X('D', 'J', "DJ", "Djibouti")                                     \
	X('D', 'K', "DK", "Denmark")                                      \
	X('D', 'M', "DM", "Dominica")                                     \
	X('D', 'O', "DO", "Dominican Republic")                           \
	X('D', 'Z', "DZ", "Algeria")                                      \
	X('E', 'C', "EC", "Ecuador")                                      \
	X('E', 'E', "EE", "Estonia")                                      \
	X('E', 'G', "EG", "Egypt")                                        \
	X('E', 'H', "EH", "Western Sahara")                               \
	X('E', 'R', "ER", "Eritrea")                                      \
	X('E', 'S', "ES", "Spain")                                        \
	X('E', 'T', "ET", "Ethiopia")                                     \
	X('F', 'I', "FI", "Finland")                                      \
	X('F', 'J', "FJ", "Fiji")                                         \
	X('F', 'K', "GB", "Falkland Islands (Malvinas)")                  \
	X('F', 'M', "FM", "Micronesia")                                   \
	X('F', 'O', "DK", "Faroe Islands")                                \
	X('F', 'R', "FR", "France")                                       \
	X('G', 'A', "GA", "Gabon")                                        \
	X('G', 'B', "GB", "United Kingdom")                               \
	X('G', 'D', "GD", "Grenada")                                      \
	X('G', 'E', "GE", "Georgia")                                      \
	X('G', 'F', "FR", "French Guiana")                                \
	X('G', 'G', "GB", "Guernsey")                                     \
	X('G', 'H', "GH", "Ghana")                                        \
	X('G', 'I', "GB", "Gibraltar")                                    \
	X('G', 'L', "DK", "Greenland")                                    \
	X('G', 'M', "GM", "Gambia")                                       \
	X('G', 'N', "GN", "Guinea")                                       \
	X('G', 'P', "FR", "Guadeloupe")                                   \
	X('G', 'Q', "GQ", "Equatorial Guinea")                            \
	X('G', 'R', "GR", "Greece")                                       \
	X('G', 'S', "GB", "South Georgia and the South Sandwich Islands") \
	X('G', 'T', "GT", "Guatemala")                                    \
	X('G', 'U', "US", "Guam")                                         \
	X('G', 'W', "GW", "Guinea-Bissau")                                \
	X('G', 'Y', "GY", "Guyana")                                       \
	X('H', 'K', "CN", "Hong Kong")                                    \
	X('H', 'M', "AU", "Heard Island and McDonald Islands")            \
	X('H', 'N', "HN", "Honduras")                                     \
	X('H', 'R', "HR", "Croatia")                                      \
	X('H', 'T', "HT", "Haiti")                                        \
	X('H', 'U', "HU", "Hungary")                                      \
	X('I', 'D', "ID", "Indonesia")                                    \
	X('I', 'E', "IE", "Ireland")                                      \
	X('I', 'L', "IL", "Israel")                                       \
	X('I', 'M', "GB", "Isle of Man")                                  \
	X('I', 'N', "IN", "India")                                        \
	X('I', 'O', "GB", "British Indian Ocean Territory")               \
	X('I', 'Q', "IQ", "Iraq")                                         \
	X('I', 'R', "IR", "Iran")                                         \
	X('I', 'S', "IS", "Iceland")                                      \
	X('I', 'T', "IT", "Italy")                                        \
	X('J', 'E', "GB", "Jersey")                                       \
	X('J', 'M', "JM", "Jamaica")                                      \
	X('J', 'O', "JO", "Jordan")                                       \
	X('J', 'P', "JP", "Japan")                                        \
	X('K', 'E', "KE", "Kenya")                                        \
	X('K', 'G', "KG", "Kyrgyzstan")                                   \
	X('K', 'H', "KH", "Cambodia")                                     \
	X('K', 'I', "KI", "Kiribati")                                     \
	X('K', 'M', "KM", "Comoros")                                      \
	X('K', 'N', "KN", "Saint Kitts and Nevis")                        \
	X('K', 'P', "KP", "North Korea")                                  \
	X('K', 'R', "KR", "South Korea")                                  \
	X('K', 'W', "KW", "Kuwait")                                       \
	X('K', 'Y', "GB", "Cayman Islands")                               \
	X('K', 'Z', "KZ", "Kazakhstan")                                   \
	X('L', 'A', "LA", "Laos")                                         \
	X('L', 'B', "LB", "Lebanon")                                      \
	X('L', 'C', "LC", "Saint Lucia")                                  \
	X('L', 'I', "LI", "Liechtenstein")                                \
	X('L', 'K', "LK", "Sri Lanka")                                    \
	X('L', 'R', "LR", "Liberia")                                      \
	X('L', 'S', "LS", "Lesotho")                                      \
	X('L', 'T', "LT", "Lithuania")                                    \
	X('L', 'U', "LU", "Luxembourg")                                   \
	X('L', 'V', "LV", "Latvia")                                       \
	X('L', 'Y', "LY", "Libya")                                        \
	X('M', 'A', "MA", "Morocco")                                      \
	X('M', 'C', "MC", "Monaco")                                       \
	X('M', 'D', "MD", "Moldova")                                      \
	X('M', 'E', "ME", "Montenegro")                                   \
	X('M', 'F', "FR", "Saint Martin (French part)")                   \
	X('M', 'G', "MG", "Madagascar")                                   \
	X('M', 'H', "MH", "Marshall Islands")                             \
	X('M', 'K', "MK", "North Macedonia")                              \
	X('M', 'L', "ML", "Mali")                                         \
	X('M', 'M', "MM", "Myanmar")                                      \
	X('M', 'N', "MN", "Mongolia")                                     \
	X('M', 'O', "CN", "Macao")                                        \
	X('M', 'P', "US", "Northern Mariana Islands")                     \
	X('M', 'Q', "FR", "Martinique")                                   \
	X('M', 'R', "MR", "Mauritania")                                   \
	X('M', 'S', "GB", "Montserrat")                                   \
	X('M', 'T', "MT", "Malta")                                        \
	X('M', 'U', "MU", "Mauritius")                                    \
	X('M', 'V', "MV", "Maldives")                                     \
	X('M', 'W', "MW", "Malawi")                                       \
	X('M', 'X', "MX", "Mexico")                                       \
	X('M', 'Y', "MY", "Malaysia")                                     \
	X('M', 'Z', "MZ", "Mozambique")                                   \
	X('N', 'A', "NA", "Namibia")                                      \
	X('N', 'C', "FR", "New Caledonia")                                \
	X('N', 'E', "NE", "Niger")                                        \
	X('N', 'F', "AU", "Norfolk Island")                               \
	X('N', 'G', "NG", "Nigeria")                                      \
	X('N', 'I', "NI", "Nicaragua")                                    \
	X('N', 'L', "NL", "Netherlands")                                  \
	X('N', 'O', "NO", "Norway")                                       \
	X('N', 'P', "NP", "Nepal")                                        \
	X('N', 'R', "NR", "Nauru")                                        \
	X('N', 'U', "NZ", "Niue")                                         \
	X('N', 'Z', "NZ", "New Zealand")                                  \
	X('O', 'M', "OM", "Oman")                                         \
	X('P', 'A', "PA", "Panama")                                       \
	X('P', 'E', "PE", "Peru")                                         \
	X('P', 'F', "FR", "French Polynesia")                             \
	X('P', 'G', "PG", "Papua New Guinea")                             \
	X('P', 'H', "PH", "Philippines")                                  \
	X('P', 'K', "PK", "Pakistan")                                     \
	X('P', 'L', "PL", "Poland")                                       \
	X('P', 'M', "FR", "Saint Pierre and Miquelon")                    \
	X('P', 'N', "GB", "Pitcairn")                                     \
	X('P', 'R', "US", "Puerto Rico")                                  \
	X('P', 'S', "PS", "Palestine")                                    \
	X('P', 'T', "PT", "Portugal")                                     \
	X('P', 'W', "PW", "Palau")                                        \
	X('P', 'Y', "PY", "Paraguay")                                     \
	X('Q', 'A', "QA", "Qatar")                                        \
	X('R', 'E', "FR", "Réunion")                                      \
	X('R', 'O', "RO", "Romania")                                      \
	X('R', 'S', "RS", "Serbia")                                       \
	X('R', 'U', "RU", "Russia")                                       \
	X('R', 'W', "RW", "Rwanda")                                       \
	X('S', 'A', "SA", "Saudi Arabia")                                 \
	X('S', 'B', "SB", "Solomon Islands")                              \
	X('S', 'C', "SC", "Seychelles")                                   \
	X('S', 'D', "SD", "Sudan")                                        \
	X('S', 'E', "SE", "Sweden")                                       \
	X('S', 'G', "SG", "Singapore")                                    \
	X('S', 'H', "GB", "Saint Helena, Ascension and Tristan da Cunha") \
	X('S', 'I', "SI", "Slovenia")                                     \
	X('S', 'J', "NO", "Svalbard and Jan Mayen")                       \
	X('S', 'K', "SK", "Slovakia")                                     \
	X('S', 'L', "SL", "Sierra Leone")                                 \
	X('S', 'M', "SM", "San Marino")                                   \
	X('S', 'N', "SN", "Senegal")                                      \
	X('S', 'O', "SO", "Somalia")                                      \
	X('S', 'R', "SR", "Suriname")                                     \
	X('S', 'S', "SS", "South Sudan")                                  \
	X('S', 'T', "ST", "Sao Tome and Principe")                        \
	X('S', 'V', "SV", "El Salvador")                                  \
	X('S', 'X', "NL", "Sint Maarten (Dutch part)")                    \
	X('S', 'Y', "SY", "Syria")                                        \
	X('S', 'Z', "SZ", "Eswatini")                                     \
	X('T', 'C', "GB", "Turks and Caicos Islands")                     \
	X('T', 'D', "TD", "Chad")                                         \
	X('T', 'F', "FR", "French Southern Territories")                  \
	X('T', 'G', "TG", "Togo")                                         \
	X('T', 'H', "TH", "Thailand")                                     \
	X('T', 'J', "TJ", "Tajikistan")                                   \
	X('T', 'K', "NZ", "Tokelau")                                      \
	X('T', 'L', "TL", "Timor-Leste")                                  \
	X('T', 'M', "TM", "Turkmenistan")                                 \
	X('T', 'N', "TN", "Tunisia")                                      \
	X('T', 'O', "TO", "Tonga")                                        \
	X('T', 'R', "TR", "Turkey")                                       \
	X('T', 'T', "TT", "Trinidad and Tobago")                          \
	X('T', 'V', "TV", "Tuvalu")                                       \
	X('T', 'W', "TW", "Taiwan")                                       \
	X('T', 'Z', "TZ", "Tanzania")                                     \
	X('U', 'A', "UA", "Ukraine")                                      \
	X('U', 'G', "UG", "Uganda")                                       \
	X('U', 'M', "US", "United States Minor Outlying Islands")         \
	X('U', 'S', "US", "United States")                                \
	X('U', 'Y', "UY", "Uruguay")                                      \
	X('U', 'Z', "UZ", "Uzbekistan")                                   \
	X('V', 'A', "VA", "Holy See (Vatican City State)")                \
	X('V', 'C', "VC", "Saint Vincent and the Grenadines")             \
	X('V', 'E', "VE", "Venezuela")                                    \
	X('V', 'G', "GB", "Virgin Islands, British")                      \
	X('V', 'I', "US", "Virgin Islands, U.S.")                         \
	X('V', 'N', "VN", "Vietnam")                                      \
	X('V', 'U', "VU", "Vanuatu")                                      \
	X('W', 'F', "FR", "Wallis and Futuna")                            \
	X('W', 'S', "WS", "Samoa")                                        \
	X('Y', 'E', "YE", "Yemen")                                        \
	X('Y', 'T', "FR", "Mayotte")                                      \
	X('Z', 'A', "ZA", "South Africa")                                 \
	X('Z', 'M', "ZM", "Zambia")                                       \
	X('Z', 'W', "ZW", "Zimbabwe")

struct country {
	const char *state;
	const char *name;
};

#define PAIRS      (26 * 26)
#define PAIR(a, b) (((a) - 'A') * 26 + ((b) - 'A'))

static const struct country countries[PAIRS] = {
#define X(a, b, state, name) [PAIR(a, b)] = {state, name},
	COUNTRIES(X)
#undef X
};

static const country_t all[] = {
#define X(a, b, state, name) COUNTRY(a, b),
	COUNTRIES(X)
#undef X
		COUNTRY_NONE};

/* The index of two letters, or -1. */
static int pair_of(country_t country)
{
	int a = country >> 8, b = country & 0xff;

	if (a < 'A' || a > 'Z' || b < 'A' || b > 'Z')
		return -1;
	return PAIR(a, b);
}

static const struct country *find(country_t country)
{
	int pair = pair_of(country);

	return pair >= 0 && countries[pair].name ? &countries[pair] : NULL;
}

country_t country_parse(const char *text, size_t length)
{
	if (length != 2)
		return COUNTRY_NONE;
	country_t country = COUNTRY((unsigned char)text[0], (unsigned char)text[1]);
	return find(country) ? country : COUNTRY_NONE;
}

const char *country_format(country_t country, char *text)
{
	text[0] = country ? (char)(country >> 8) : '?';
	text[1] = country ? (char)(country & 0xff) : '?';
	text[2] = '\0';
	return text;
}

const char *country_name(country_t country)
{
	const struct country *found = find(country);

	return found ? found->name : NULL;
}

country_t country_state(country_t country)
{
	const struct country *found = find(country);

	return found ? country_parse(found->state, 2) : country;
}

const country_t *country_all(void)
{
	return all;
}

void country_set_add(struct country_set *set, country_t country)
{
	int pair = pair_of(country);

	if (pair >= 0)
		set->bits[pair / 64] |= (uint64_t)1 << pair % 64;
}

bool country_set_has(const struct country_set *set, country_t country)
{
	int pair = pair_of(country);

	return pair >= 0 && set->bits[pair / 64] >> pair % 64 & 1;
}

void country_set_merge(struct country_set *set, const struct country_set *other)
{
	for (size_t i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++)
		set->bits[i] |= other->bits[i];
}

bool country_set_empty(const struct country_set *set)
{
	static const struct country_set empty;

	return memcmp(set, &empty, sizeof(empty)) == 0;
}
