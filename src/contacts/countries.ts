import countries from 'i18n-iso-countries';
import english from 'i18n-iso-countries/langs/en.json' with { type: 'json' };

countries.registerLocale(english);

/**
 * The `country_id` of a country: its ISO 3166-1 numeric code (Egypt is 818). Takes the English name or the two- or
 * three-letter code, in any case.
 */
export function countryIdOf(country: string): number | undefined {
  const text = country.trim();
  const upper = text.toUpperCase();
  const numeric =
    countries.alpha2ToNumeric(upper) ??
    countries.alpha3ToNumeric(upper) ??
    countries.alpha2ToNumeric(countries.getAlpha2Code(text, 'en') ?? '');
  return numeric === undefined ? undefined : Number(numeric);
}
