import { type Builder, definePlugin, isRefusal, need, type Refusal, refusalTypeName, refuse, sharedRef } from 'portico/plugin';
import { KeyValue } from 'portico/ports';

const PAGES_MAX = 100;
const TEXT_MAX = 280;

interface Page {
  readonly name: string;
  readonly text: string;
}
type Signed = { readonly kind: 'signed'; readonly page: Page } | Refusal<'invalid-argument'>;
interface Guestbook {
  pages(names: readonly string[]): Promise<(Page | null)[]>;
  sign(page: Page): Promise<Signed>;
}

/**
 * The smallest whole system: one port, two verbs, three fields. Everything comes from `portico/plugin` and `portico/ports`; whoever runs
 * the gateway binds it with `.use(guestbook, { pages: 'hot' })`, to whatever serves key-value.
 */
export const guestbook = definePlugin({
  name: 'guestbook',
  contract: 1,
  needs: { pages: need(KeyValue) },
  uses: {},
  options: { parse: () => ({}) },
  service: ({ ports }): Guestbook => ({
    async pages(names) {
      const texts = await ports.pages.api.get(names);
      return names.map((name, index) => (texts[index] == null ? null : { name, text: texts[index] }));
    },
    async sign(page) {
      if (page.text.length < 1 || page.text.length > TEXT_MAX)
        return refuse('invalid-argument', 'text', `must be 1 to ${TEXT_MAX} characters`);
      await ports.pages.api.set([{ key: page.name, value: page.text }]);
      return { kind: 'signed', page };
    },
  }),
  schema(builder: Builder) {
    const GuestbookPage = builder.objectRef<Page>('GuestbookPage').implement({
      description: 'What a guest has written.',
      fields: (t) => ({ name: t.exposeString('name'), text: t.exposeString('text') }),
    });
    const GuestbookSigned = builder.objectRef<Signed & { kind: 'signed' }>('GuestbookSigned').implement({
      description: 'The page is kept.',
      fields: (t) => ({ page: t.field({ type: GuestbookPage, resolve: (signed) => signed.page }) }),
    });
    const SignGuestbookResult = builder.unionType('SignGuestbookResult', {
      types: [GuestbookSigned, sharedRef<Refusal>(builder, 'InvalidArgument')],
      resolveType: (outcome) => (isRefusal(outcome as Signed) ? refusalTypeName('invalid-argument') : 'GuestbookSigned'),
    });
    return { GuestbookPage, SignGuestbookResult };
  },
  resolvers(builder, { GuestbookPage, SignGuestbookResult }, service) {
    builder.queryField('guestbook', (t) =>
      t.field({
        type: [GuestbookPage],
        nullable: { list: false, items: true },
        description: `The pages of up to ${PAGES_MAX} guests, in the order asked for.`,
        args: { names: t.arg.stringList({ required: true }) },
        resolve: (_root, { names }) => service.pages(names.slice(0, PAGES_MAX)),
      }),
    );
    builder.mutationField('signGuestbook', (t) =>
      t.field({
        type: SignGuestbookResult,
        description: 'Writes a page over.',
        args: { name: t.arg.string({ required: true }), text: t.arg.string({ required: true }) },
        resolve: (_root, page) => service.sign(page),
      }),
    );
  },
});
