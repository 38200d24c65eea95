import { words } from '../i18n/words';

/** What the operator says of the site; the server writes it into the head of every page (src/svc/gateway/head.c). */
interface Said {
  terms: string;
  privacy: string;
  help: string;
  seller: string;
  testMoney: boolean;
}

function said(): Said {
  const link = (rel: string) =>
    document.querySelector<HTMLLinkElement>(`link[rel="${rel}"]`)?.href ?? '';
  return {
    terms: link('terms-of-service'),
    privacy: link('privacy-policy'),
    help: link('help'),
    seller: document.querySelector<HTMLMetaElement>('meta[name="seller"]')?.content ?? '',
    testMoney: document.querySelector('meta[name="test-money"]') !== null,
  };
}

/** At the foot of every page: terms, privacy, help, who sells, and that money is not real where it is not. Nothing where the operator says nothing. */
export function Foot() {
  const say = words.value;
  const { terms, privacy, help, seller, testMoney } = said();
  const links = [
    [say.footTerms, terms],
    [say.footPrivacy, privacy],
    [say.footHelp, help],
  ].filter(([, href]) => /^(https?|mailto):/.test(href ?? ''));
  if (links.length === 0 && !seller && !testMoney) return null;
  return (
    <footer class="site-foot">
      {links.length > 0 ? (
        <nav aria-label={say.footTitle}>
          {links.map(([name, href]) => (
            <a key={href} href={href} rel="external">
              {name}
            </a>
          ))}
        </nav>
      ) : null}
      {seller ? <p>{seller}</p> : null}
      {testMoney ? <p data-test-money>{say.footTest}</p> : null}
    </footer>
  );
}
